"""Walking the query graph: every way to read a field of an object.

A *place* is a position in a response: the object (or each item of the list) that a field returned,
perhaps narrowed to one object type. A *way* is one manner of standing there: reading inside some
subgraph, reached from the root by fields, type conditions and entity fetches. Ways share their
beginnings, so a set of ways is a tree, and what a set of ways costs is the sum over its members.

Ways at a place come in two kinds. Some arrive with the parent's ways, by reading the field in the
parent's subgraph. The others start at the place: `_entities` of another subgraph, entered with a
key that the ways known so far can read (`close`). Moves are added in rounds, each solved only with
what earlier rounds gave, so requirements are never circular.

A field with a @requires, or with arguments from contexts, is read by a way of its own that enters
its subgraph with them (`requiring_way`), whether or not another way stands there already; where
nothing speaks against it the two become one fetch when fetches are merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.type_refs import named_type
from router.query_graph.entries import enter_by_key, enter_for_field
from router.query_graph.ways import (
    FETCH_COST,
    FIELD_COST,
    LAST_RESORT_COST,
    TYPENAME,
    Need,
    Position,
    Reading,
    Step,
    Way,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from router.query_graph.build import QueryGraph
    from router.query_graph.nodes import EntityMove, FieldEdge, Node


MAX_ALTERNATIVES = 12
"""Ways at a place up to which a second one into the same subgraph is kept.

It costs no less alone, but may share a request with something else.
"""


class Place(Position):
    """A position whose ways can be completed, and whose fields can be read."""

    __slots__ = ("_below", "_is_closed", "_narrowed", "_requiring")

    def __init__(
        self,
        graph: QueryGraph,
        type_name: str,
        parent: Place | None = None,
        edge_name: str | None = None,
        arguments: str = "",
    ) -> None:
        super().__init__(graph, type_name, parent, edge_name, arguments)
        self._is_closed = False
        self._below: dict[tuple[str, str, tuple[int, ...]], Place] = {}
        self._narrowed: dict[tuple[str, int], Place] = {}
        self._requiring: dict[tuple[Node, str], Way | None] = {}

    # Ways that arrive with the parent

    def enter(self, readings: Iterable[Reading]) -> None:
        """Arrive by a field of the parent place, at each node by the cheapest way of a fetch."""
        arrived: set[tuple[Node, Way | None]] = set()
        for way, edge in readings:
            if edge.target is None:
                continue
            start = way.start if len(self.ways) < MAX_ALTERNATIVES else None
            if (edge.target, start) in arrived:
                continue
            arrived |= {(edge.target, way.start), (edge.target, None)}
            cost = way.cost + FIELD_COST + (LAST_RESORT_COST if edge.is_last_resort else 0)
            self.ways.append(
                Way(
                    Step.FIELD,
                    self,
                    edge.target,
                    cost=cost,
                    level=way.level,
                    source=way,
                    edge=edge,
                )
            )
            self.list_depth = edge.list_depth

    def narrow(self, type_name: str) -> Place:
        """The same position, for objects of one type."""
        key = (type_name, len(self.ways))
        place = self._narrowed.get(key)
        if place is None:
            place = Place(self.graph, type_name, self)
            for way in self.ways:
                node = way.node
                member = node.members.get(type_name) if node.is_abstract else None
                if not node.is_abstract and node.type_name == type_name:
                    member = node
                if member is not None:
                    place.ways.append(
                        Way(Step.MEMBER, place, member, cost=way.cost, level=way.level, source=way)
                    )
            self._narrowed[key] = place
        return place

    def member_types(self) -> tuple[str, ...]:
        """Object types a value may have here, sorted.

        Subgraphs that answer the same field of a union may disagree on its members. Only members
        that all of them know can be asked for: which subgraph answers must make no difference.
        """
        found: list[set[str]] = []
        for way in self.ways:
            if way.node.is_abstract:
                found.append(set(way.node.members))
            elif not way.node.is_interface_object:
                found.append({way.node.type_name})
        if not found:
            return ()
        if self.graph.supergraph.kinds[self.type_name] == "union":
            return tuple(sorted(set.intersection(*found)))
        return tuple(sorted(set.union(*found)))

    # Ways that start here

    def close(self) -> None:
        """Add every way to enter another subgraph at this place."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.type_name == self.graph.query_type and self.parent is not None:
            self._reenter()
            return
        nearest = min((way.cost for way in self.ways), default=0)
        standing = self._standing(nearest)
        pending = [
            move
            for move in self.graph.entity_moves(self.type_name)
            if standing.get(_target(move), nearest + FETCH_COST) >= nearest + FETCH_COST
        ]
        while pending:
            pending = self._close_once(pending, standing)

    def _standing(self, nearest: int) -> dict[tuple[str, str], int]:
        """Where one stands already, and at what cost entering there is of no use.

        Which of several fetches is made that lead here is not known yet. Entering the subgraph of
        one from that of another costs a fetch more, but may be needed anyway for something else.
        """
        starts = {way.start for way in self.ways if way.cost < nearest + FETCH_COST}
        is_open = len(starts) > 1 and len(self.ways) <= MAX_ALTERNATIVES
        standing: dict[tuple[str, str], int] = {}
        for way in self.ways:
            where = (way.node.type_name, way.node.subgraph)
            cost = way.cost + (2 * FETCH_COST if is_open else 0)
            standing[where] = min(cost, standing.get(where, cost))
        return standing

    def _close_once(
        self, pending: Sequence[EntityMove], standing: Mapping[tuple[str, str], int]
    ) -> list[EntityMove]:
        """Add the cheapest of the pending moves, and those that these cannot make cheaper.

        Returns:
            Moves to try again with the ways added; empty if none was.
        """
        known = tuple(self.ways)
        found = [(move, enter_by_key(self, move, known)) for move in pending]
        cheapest = min((way.cost for _, way in found if way is not None), default=None)
        if cheapest is None:
            return []
        left = []
        for move, way in found:
            if way is None or way.cost >= cheapest + FETCH_COST:
                left.append(move)
            elif way.cost < standing.get(_target(move), way.cost + 1):
                self.ways.append(way)
        return left

    def _reenter(self) -> None:
        """A field that returns the query type: any subgraph's root fields can be asked anew."""
        if not self.ways:
            return
        typename = self._direct("__typename", self.ways)
        first = min(self.ways, key=_by_cost)
        standing = {way.node.subgraph for way in self.ways}
        for node in self.graph.roots("query"):
            if node.subgraph not in standing:
                cost, level = first.cost + FETCH_COST, first.level + 1
                need = Need(self, "__typename", "", typename)
                self.ways.append(
                    Way(Step.REENTRY, self, node, cost=cost, level=level, needs=(need,))
                )

    def requiring_way(self, way: Way, edge: FieldEdge) -> Way | None:
        """Enter the subgraph of `way` with what the field at `edge` needs."""
        key = (way.node, edge.name)
        if key in self._requiring:
            return self._requiring[key]
        self._requiring[key] = None  # while it is looked for: what it needs may not need it
        found = self._requiring[key] = enter_for_field(self, way, edge)
        return found

    # Reading

    def readings(
        self, name: str, ways: Sequence[Way] | None = None, *, wide: bool = False
    ) -> list[Reading]:
        """Alternatives for a field, cheapest first.

        Args:
            name: The field.
            ways: Only these; None for all, entering other subgraphs where necessary.
            wide: Enter other subgraphs even if one at hand answers.
        """
        found = self._direct(name, self.ways if ways is None else ways)
        if ways is None and (wide or self.is_far(found)):
            self.close()
            found = self._direct(name, self.ways)
            for way in tuple(self.ways):
                edge = way.node.fields.get(name)
                if edge is not None and edge.needs_entry:
                    requiring = self.requiring_way(way, edge)
                    if requiring is not None and (requiring, edge) not in found:
                        found.append((requiring, edge))
        found.sort(key=_reading_cost)
        return found

    def at_hand(self, name: str) -> list[Reading]:
        """Readings of a field by the ways known so far, without requirements."""
        return self._direct(name, self.ways)

    def is_far(self, readings: Sequence[Reading]) -> bool:
        """Whether entering another subgraph here may be as cheap as the readings at hand."""
        if not readings:
            return True
        nearest = min((way.cost for way in self.ways), default=0)
        return min(map(_reading_cost, readings))[0] >= nearest + FETCH_COST

    def _direct(self, name: str, ways: Iterable[Way]) -> list[Reading]:
        if name == "__typename":
            return [(way, TYPENAME) for way in ways if not way.node.is_interface_object]
        return [
            (way, edge)
            for way in ways
            if (edge := way.node.fields.get(name)) is not None and not edge.needs_entry
        ]

    def below(self, name: str, arguments: str, readings: Sequence[Reading]) -> Place:
        """The place of a composite field's value."""
        key = (name, arguments, tuple(id(way) for way, _ in readings))
        place = self._below.get(key)
        if place is None:
            type_name = self.field_type(name, readings)
            place = Place(self.graph, type_name, self, name, arguments)
            place.enter(readings)
            self._below[key] = place
        return place

    def field_type(self, name: str, readings: Sequence[Reading]) -> str:
        """The supergraph's type of a field here."""
        types = self.graph.supergraph.field_types
        ref = types.get(self.type_name, {}).get(name)
        return named_type(ref if ref is not None else readings[0][1].type)


def _target(move: EntityMove) -> tuple[str, str]:
    return (move.target.type_name, move.target.subgraph)


def root_place(graph: QueryGraph, operation: str) -> Place:
    """Where an operation starts, with one way for each subgraph that has the root type."""
    place = Place(graph, graph.supergraph.root_types[operation])
    for node in graph.roots(operation):
        place.ways.append(Way(Step.ROOT, place, node, cost=FETCH_COST, level=0))
    return place


def _by_cost(way: Way) -> tuple[int, int, str]:
    return (way.cost, way.level, way.node.subgraph)


def _reading_cost(reading: Reading) -> tuple[int, int]:
    way, edge = reading
    return (way.cost + (LAST_RESORT_COST if edge.is_last_resort else 0), way.level)
