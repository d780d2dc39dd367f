"""Merges descriptions: the first one wins."""

from __future__ import annotations

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
    """The first description that is not empty, in the order of the subgraphs."""
    texts = [source.description for source in sources.values() if source.description]
    if len(set(texts)) > 1:
        context.report.hint(
            HintCode.INCONSISTENT_DESCRIPTION,
            f"{coordinate} has different descriptions; the first one is used",
            [
                context.schemas[index].place(source.offset)
                for index, source in sources.items()
                if source.description
            ],
        )
    return texts[0] if texts else None
