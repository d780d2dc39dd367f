"""Merges descriptions: what most subgraphs say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from router.composition.codes import HintCode

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources


class Described(Protocol):
    description: str | None
    offset: int


def merge_description(
    context: MergeContext, coordinate: str, sources: Sources[Described]
) -> str | None:
    """The most frequent description that is not empty, the first of several such."""
    texts = [source.description for source in sources.values() if source.description]
    if len(set(texts)) < 2:
        return texts[0] if texts else None
    context.report.hint(
        HintCode.INCONSISTENT_DESCRIPTION,
        f"{coordinate} has different descriptions; the most frequent one is used",
        [
            context.schemas[index].place(source.offset)
            for index, source in sources.items()
            if source.description
        ],
    )
    return Counter(texts).most_common(1)[0][0]
