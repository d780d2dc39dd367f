"""Names of subgraphs, and the values of the enum join__Graph that stand for them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.report import Place, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.composition.result import SubgraphDefinition

_NOT_WORD = re.compile(r"[^_0-9A-Za-z]")
_ENDS_LIKE_A_NUMBERED_NAME = re.compile(r"_\d+\Z")


def check_names(definitions: Sequence[SubgraphDefinition], report: Report) -> None:
    """Names are what everything else refers to: present, not reserved, unique."""
    for name, count in Counter(definition.name for definition in definitions).items():
        place = [Place(name)]
        if not name.strip() or name == "_":
            message = f'Invalid name "{name}" for a subgraph'
            report.error(ErrorCode.INVALID_SUBGRAPH_NAME, message, place)
        if count > 1:
            message = f'{count} subgraphs are called "{name}"'
            report.error(ErrorCode.INVALID_SUBGRAPH_NAME, message, place)


def graph_names(names: Sequence[str]) -> dict[str, str]:
    """Subgraph name to enum value: upper case, other characters as "_", clashes numbered from 1.

    A name that already ends like a numbered one gets a further "_", so that no clash can arise.
    """
    plain = {name: _sanitised(name).upper() for name in names}
    clashes = Counter(plain.values())
    seen: Counter[str] = Counter()
    graphs: dict[str, str] = {}
    for name, graph in plain.items():
        if clashes[graph] > 1:
            seen[graph] += 1
            graphs[name] = f"{graph}_{seen[graph]}"
        else:
            graphs[name] = graph
    return graphs


def _sanitised(name: str) -> str:
    word = _NOT_WORD.sub("_", name)
    if word[:1].isdigit():
        word = f"_{word}"
    return f"{word}_" if _ENDS_LIKE_A_NUMBERED_NAME.search(word) else word
