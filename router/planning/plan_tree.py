"""The Sequence/Parallel tree of a plan: for display, and for Apollo's JSON.

Execution goes by what each fetch depends on. The tree shows the same in waves: fetches of one level
side by side, the levels one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.planning.plan_nodes import Condition, Fetch

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class SequenceNode:
    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class ParallelNode:
    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class ConditionNode:
    condition: Condition
    node: PlanNode


PlanNode = SequenceNode | ParallelNode | ConditionNode | Fetch


def plan_tree(fetches: Sequence[Fetch]) -> PlanNode | None:
    """The fetches in waves; None if there are none."""
    waves: dict[int, list[PlanNode]] = {}
    for fetch, level in zip(fetches, levels(fetches), strict=True):
        waves.setdefault(level, []).append(_conditional(fetch))
    if not waves:
        return None
    nodes = [
        wave[0] if len(wave) == 1 else ParallelNode(tuple(wave))
        for _, wave in sorted(waves.items())
    ]
    return nodes[0] if len(nodes) == 1 else SequenceNode(tuple(nodes))


def levels(fetches: Sequence[Fetch]) -> Sequence[int]:
    """For each fetch, how many must be done one after the other before it starts."""
    found: list[int] = []
    for fetch in fetches:
        found.append(max((found[other] + 1 for other in fetch.depends_on), default=0))
    return found


def _conditional(fetch: Fetch) -> PlanNode:
    node: PlanNode = fetch
    for condition in reversed(fetch.conditions):
        node = ConditionNode(condition, node)
    return node
