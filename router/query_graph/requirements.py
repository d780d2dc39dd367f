"""Requirements: everything in a field set, with all ways to read each leaf of it.

A key, a @requires or the selection of a @context is solved at a place just as an operation is
walked, except that nothing of it is optional: where one leaf cannot be had, nothing can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.field_set import FieldSet, FieldSetField, FieldSetFragment
from router.query_graph.ways import Need, Solved, SolvedField, SolvedFragment, needs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.query_graph.ways import Position, Way


def solve(
    place: Position, fields: FieldSet, ways: Sequence[Way] | None = None
) -> tuple[Solved, ...] | None:
    """Find everything in a field set; None if something cannot be had.

    Args:
        place: The field set is one of its type.
        fields: What is needed there.
        ways: Only these may be used at the place; None for all.
    """
    solved: list[Solved] = []
    for item in fields:
        part = (
            _solve_field(place, item, ways)
            if isinstance(item, FieldSetField)
            else _solve_fragment(place, item, ways)
        )
        if part is None:
            return None
        solved.extend(part)
    return tuple(solved)


def _solve_field(
    place: Position, field: FieldSetField, ways: Sequence[Way] | None
) -> Sequence[Solved] | None:
    readings = place.readings(field.name, ways, wide=bool(field.selections))
    if not readings:
        return _solve_by_member(place, (field,), ways) if place.is_abstract else None
    if not field.selections:
        need = Need(place, field.name, field.arguments, readings)
        return (SolvedField(field, need),)
    value = place.below(field.name, field.arguments, readings)
    below = solve(value, field.selections)
    if below is None:
        return None
    presence: Need | None = None
    is_abstract = any(way.node.is_abstract for way in value.ways)
    if is_abstract or not any(True for _ in needs_of(below)):
        # Which object it is, or at least that there is one.
        typename = value.readings("__typename")
        if not typename:
            return None
        presence = Need(value, "__typename", "", typename)
    return (SolvedField(field, presence, value, below),)


def _solve_fragment(
    place: Position, fragment: FieldSetFragment, ways: Sequence[Way] | None
) -> Sequence[Solved] | None:
    possible = place.graph.possible_types(fragment.type_name)
    if set(place.graph.possible_types(place.type_name)) <= set(possible):
        return solve(place, fragment.selections, ways)
    return _solve_by_member(place, fragment.selections, ways, possible)


def _solve_by_member(
    place: Position,
    fields: FieldSet,
    ways: Sequence[Way] | None,
    possible: Sequence[str] | None = None,
) -> Sequence[Solved] | None:
    """Solve for each object type that can stand here; none is fine for a union without members."""
    if ways is None:
        place.close()
    solved = []
    types = place.member_types()
    if not types and all(way.node.is_interface_object for way in place.ways):
        return None  # of which types the objects are is not known
    for type_name in types:
        if possible is None or type_name in possible:
            below = solve(place.narrow(type_name), fields)
            if below is None:
                return None
            solved.append(SolvedFragment(type_name, below))
    return solved
