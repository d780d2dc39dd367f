"""Sequence: the root fields of a mutation run in order, each in one subgraph and once.

Neighbouring fields of the same subgraph travel in one request, where the subgraph itself keeps the
order. A subscription has one root field and is asked of one subgraph as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.planning.choose import greedy_choice
from router.planning.errors import UnplannableError
from router.planning.selections import NormalizedOperation, SelectedField, Selections
from router.planning.walk_operation import walk_operation
from router.query_graph import Place, QueryGraph, root_place

if TYPE_CHECKING:
    from collections.abc import Sequence


def choose_subgraphs(
    operation: NormalizedOperation, graph: QueryGraph
) -> Sequence[tuple[Place, Selections]]:
    """Runs of root fields, each with the place that stands in the subgraph they are sent to."""
    runs: list[tuple[str, list[SelectedField]]] = []
    for field in operation.selections.fields:
        if field.name == "__typename":
            continue
        subgraph = _cheapest(field, operation.kind, graph)
        if runs and runs[-1][0] == subgraph:
            runs[-1][1].append(field)
        else:
            runs.append((subgraph, [field]))
    return [
        (_root_in(subgraph, operation.kind, graph), Selections(tuple(fields), ()))
        for subgraph, fields in runs
    ]


def _cheapest(field: SelectedField, kind: str, graph: QueryGraph) -> str:
    best: tuple[int, str] | None = None
    failure: UnplannableError | None = None
    able = [
        way.node.subgraph for way in root_place(graph, kind).ways if field.name in way.node.fields
    ]
    if len(able) == 1:
        return able[0]
    for subgraph in able:
        try:
            leaves = walk_operation(_root_in(subgraph, kind, graph), Selections((field,), ()))
        except UnplannableError as error:
            failure = failure or error
            continue
        cost = greedy_choice(leaves).cost
        if best is None or cost < best[0]:
            best = (cost, subgraph)
    if best is None:
        type_name = graph.supergraph.root_types[kind]
        raise failure or UnplannableError(f"{type_name}.{field.name}", (field.response_key,))
    return best[1]


def _root_in(subgraph: str, kind: str, graph: QueryGraph) -> Place:
    place = root_place(graph, kind)
    place.ways = [way for way in place.ways if way.node.subgraph == subgraph]
    return place
