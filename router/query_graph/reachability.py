"""Reachability: is every field of the supergraph readable wherever an operation can stand?

The same walker that plans operations decides it, so what composes is what plans. A state is a type
together with the nodes an operation may stand on when it arrives there; costs do not matter, so
each state is looked at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.federation.field_set import print_field_set
from router.query_graph.walk import Place, Step, Way, root_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.query_graph.build import QueryGraph
    from router.query_graph.nodes import Node

_State = tuple[str, frozenset["Node"]]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a subgraph that could answer a field does not help."""

    subgraph: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A field that some operation cannot read.

    Attributes:
        path: Coordinates from a root field to the object: ("Query.me", "User.company").
        standing_in: Subgraphs that can answer that path.
    """

    path: tuple[str, ...]
    type_name: str
    field: str
    standing_in: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]


def find_unreachable(graph: QueryGraph) -> tuple[Unreachable, ...]:
    """All fields that cannot be read from somewhere, each (type, field) once."""
    return tuple(_Search(graph).run())


class _Search:
    def __init__(self, graph: QueryGraph) -> None:
        self._graph = graph
        self._seen: set[_State] = set()
        self._reported: set[tuple[str, str]] = set()
        self._waiting: deque[tuple[Place, tuple[str, ...]]] = deque()

    def run(self) -> Iterator[Unreachable]:
        for operation in self._graph.supergraph.root_types:
            self._waiting.append((root_place(self._graph, operation), ()))
        while self._waiting:
            place, path = self._waiting.popleft()
            if place.is_abstract:
                self._visit_members(place, path)
            else:
                yield from self._visit_object(place, path)

    def _visit_members(self, place: Place, path: tuple[str, ...]) -> None:
        place.close()
        types = set(place.member_types())
        if any(way.node.is_interface_object for way in place.ways):
            types.update(self._graph.possible_types(place.type_name))
        for type_name in sorted(types):
            self._wait(place.narrow(type_name), path)

    def _visit_object(self, place: Place, path: tuple[str, ...]) -> Iterator[Unreachable]:
        supergraph = self._graph.supergraph
        for name, ref in supergraph.field_types[place.type_name].items():
            is_leaf = supergraph.kinds.get(ref.strip("[]!"), "scalar") in ("scalar", "enum")
            readings = place.readings(name, wide=not is_leaf)
            if not readings:
                if (place.type_name, name) not in self._reported:
                    self._reported.add((place.type_name, name))
                    yield self._unreachable(place, name, path)
            elif not is_leaf:
                coordinate = f"{place.type_name}.{name}"
                self._wait(place.below(name, "", readings), (*path, coordinate))

    def _wait(self, place: Place, path: tuple[str, ...]) -> None:
        """Look at a place later, standing on its nodes as if nothing had been paid so far."""
        state = (place.type_name, frozenset(way.node for way in place.ways))
        if state in self._seen:
            return
        self._seen.add(state)
        anew = Place(self._graph, place.type_name, place)
        for way in place.ways:
            anew.ways.append(Way(Step.MEMBER, anew, way.node, cost=0, level=0, source=way))
        self._waiting.append((anew, path))

    def _unreachable(self, place: Place, name: str, path: tuple[str, ...]) -> Unreachable:
        standing = dict.fromkeys(way.node.subgraph for way in place.ways)
        return Unreachable(
            path=path,
            type_name=place.type_name,
            field=name,
            standing_in=tuple(standing),
            obstacles=tuple(self._obstacles(place, name, standing)),
        )

    def _obstacles(self, place: Place, name: str, standing: Iterable[str]) -> Iterator[Obstacle]:
        moves = self._graph.entity_moves(place.type_name)
        for subgraph in self._graph.supergraph.subgraphs:
            node = self._graph.node(place.type_name, subgraph)
            edge = node.fields.get(name) if node is not None else None
            if edge is None:
                continue
            if edge.requires:
                text = print_field_set(edge.requires)
                yield Obstacle(subgraph, f"its @requires(fields: {text!r}) cannot be read")
                continue
            keys = [key for move in moves if move.target is node for key in move.keys]
            if not keys:
                yield Obstacle(subgraph, f"type {place.type_name!r} has no resolvable @key there")
            elif subgraph not in standing:
                texts = ", ".join(repr(key.text) for key in keys)
                yield Obstacle(subgraph, f"its @key fields {texts} cannot be read")
