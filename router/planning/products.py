"""The intermediate products of planning as text: one function for each step.

normalize    what is selected, fragments and duplicates gone
graph        where each type can be read, and how one gets there
paths        every way to each leaf with its cost, the chosen one marked
fetch-graph  the parts before they share requests
plan         see plan_text, plan_json, plan_mermaid
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.field_set import print_field_set
from router.planning.plan_text import path_text
from router.planning.planner import Planner, plan_step, steps
from router.planning.print_operation import print_tree
from router.planning.response_keys import ResponseKeys
from router.planning.selections import print_conditions, print_normalized
from router.query_graph import Node, Position, QueryGraph, Step, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DocumentNode

    from router.planning.fetch_graph import Part
    from router.planning.walk_operation import Leaf
    from router.supergraph import Supergraph


def print_operation_normalized(
    supergraph: Supergraph, document: str | DocumentNode, operation_name: str | None = None
) -> str:
    operation = Planner(supergraph).normalize(document, operation_name)
    return print_normalized(operation) + "\n"


def print_graph(supergraph: Supergraph, type_name: str | None = None) -> str:
    """Nodes with their fields and moves, of one type or of all composite ones."""
    graph = QueryGraph(supergraph)
    names = [type_name] if type_name else list(supergraph.field_types)
    return "\n".join(line for name in names for line in _graph_lines(graph, name)) + "\n"


def print_paths(
    supergraph: Supergraph, document: str | DocumentNode, operation_name: str | None = None
) -> str:
    """For every leaf its alternatives, cheapest first; `*` is the chosen one."""
    operation = Planner(supergraph).normalize(document, operation_name)
    keys = ResponseKeys(operation)
    lines: list[str] = []
    for root, selections in steps(operation, QueryGraph(supergraph)):
        step = plan_step(root, selections, keys)
        for leaf in step.leaves:
            lines.append(_leaf_line(leaf))
            for way, _ in leaf.readings:
                mark = "*" if way is step.choice.readings[leaf][0] else " "
                lines.append(f"  {mark} {way.cost:>5}  {_way_text(way)}")
    return "\n".join(lines) + "\n"


def print_fetch_graph(
    supergraph: Supergraph, document: str | DocumentNode, operation_name: str | None = None
) -> str:
    """What has to be fetched, before anything is put together."""
    operation = Planner(supergraph).normalize(document, operation_name)
    keys = ResponseKeys(operation)
    lines: list[str] = []
    for root, selections in steps(operation, QueryGraph(supergraph)):
        parts = plan_step(root, selections, keys).parts
        numbers = {part: number for number, part in enumerate(parts)}
        lines += [line for part in parts for line in _part_lines(part, numbers)]
    return "\n".join(lines) + "\n"


def _graph_lines(graph: QueryGraph, type_name: str) -> Iterator[str]:
    for subgraph in graph.supergraph.subgraphs:
        node = graph.node(type_name, subgraph)
        if node is None:
            continue
        yield f"{type_name} in {subgraph}"
        for edge in node.fields.values():
            requires = f" requires {print_field_set(edge.requires)!r}" if edge.requires else ""
            requires += "".join(f" with {item.name} from {item.context}" for item in edge.contexts)
            target = f" -> {_node_text(edge.target)}" if edge.target is not None else ""
            yield f"  {edge.name}: {edge.type}{target}{requires}"
        for member in node.members:
            yield f"  ... on {member}"
        for move in graph.entity_moves(type_name):
            if move.target is not node:
                keys = ", ".join(repr(key.text) for key in move.keys)
                yield f"  enter {move.target.subgraph} as {move.target.type_name} by {keys}"


def _node_text(node: Node) -> str:
    provided = f" with {print_field_set(node.provided)!r}" if node.provided else ""
    return f"{node.type_name} in {node.subgraph}{provided}"


def _leaf_line(leaf: Leaf) -> str:
    names = [leaf.selected.response_key]
    place: Position | None = leaf.place
    while place is not None:
        if place.response_key is not None:
            names.append(place.response_key)
        elif place.is_narrowed:
            names.append(f"...on {place.type_name}")
        place = place.parent
    below = " { … }" if leaf.selected.selections is not None else ""
    return ".".join(reversed(names)) + print_conditions(leaf.conditions) + below


def _way_text(way: Way) -> str:
    steps_back: list[str] = []
    at: Way | None = way
    while at is not None:
        match at.step:
            case Step.ROOT:
                steps_back.append(f"{at.node.subgraph}:")
            case Step.FIELD:
                steps_back.append(at.edge.name if at.edge is not None else "")
            case Step.MEMBER:
                steps_back.append(f"...on {at.node.type_name}")
            case Step.REENTRY:
                steps_back.append(f"{at.node.subgraph}: (query again)")
            case Step.ENTITY:
                key = at.entry.key.text if at.entry is not None else ""
                steps_back.append(f"{at.node.subgraph}: {at.node.type_name} by {key!r}")
        at = at.source
    return " ".join(reversed(steps_back))


def _part_lines(part: Part, numbers: dict[Part, int]) -> Iterator[str]:
    after = ", ".join(str(numbers[other]) for other in part.depends_on)
    where = path_text(part.path) or "the root"
    head = f"{numbers[part]}: {part.subgraph} at {where}"
    yield head + (f", after {after}" if after else "") + print_conditions(part.conditions)
    yield f"   {part.tree.type_name} {{{print_tree(part.tree, part.conditions, set())}}}"
