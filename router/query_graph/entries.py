"""Entries: ways that start a fetch at a place, through `_entities` of some subgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.query_graph.contexts import solve_contexts
from router.query_graph.requirements import solve
from router.query_graph.ways import FETCH_COST, Entry, Solved, Step, Way, price_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.query_graph.nodes import EntityMove, FieldEdge
    from router.query_graph.ways import Position
    from router.supergraph import Key


def enter_by_key(place: Position, move: EntityMove, known: Sequence[Way]) -> Way | None:
    """The cheapest entry with a key that the known ways can read; None if they read none."""
    if move.target.is_abstract:
        # An interface as a whole is entered only by those who cannot tell the object type.
        known = [way for way in known if way.node.is_interface_object]
    best: Way | None = None
    for key in move.keys:
        solved = solve(place, key.fields, known)
        if solved is not None:
            best = _cheaper(best, _entity_way(place, Entry(move, key, solved)))
    return best


def enter_for_field(place: Position, way: Way, edge: FieldEdge) -> Way | None:
    """Enter the subgraph of `way` with what its field requires, and takes from contexts."""
    required = solve(place, edge.requires)
    contexts = solve_contexts(place, edge.contexts)
    if required is None or contexts is None:
        return None
    node = way.node
    for move in place.graph.entity_moves(place.type_name):
        if (move.target.type_name, move.target.subgraph) != (node.type_name, node.subgraph):
            continue
        best: Way | None = None
        for key in move.keys:
            key_solved = _known_key(way, key) or solve(place, key.fields)
            if key_solved is not None:
                field = f"{place.type_name}.{edge.name}"
                entry = Entry(move, key, key_solved, edge.requires, required, field, contexts)
                best = _cheaper(best, _entity_way(place, entry))
        return best
    return None


def _entity_way(place: Position, entry: Entry) -> Way:
    needs = tuple(entry.needs())
    cost, level = price_of(needs)
    return Way(
        Step.ENTITY,
        place,
        entry.move.target,
        cost=cost + FETCH_COST,
        level=level + 1,
        entry=entry,
        needs=needs,
    )


def _cheaper(best: Way | None, way: Way) -> Way:
    return way if best is None or way.cost < best.cost else best


def _known_key(way: Way, key: Key) -> tuple[Solved, ...] | None:
    """The key that `way` itself was entered with, so that both can become one fetch."""
    if way.entry is not None and way.entry.key.fields == key.fields:
        return way.entry.key_solved
    return None
