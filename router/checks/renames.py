"""Recognizes that something was renamed: a removal and an addition that belong together.

Two schemas only show that one name went and another came. They are taken for a rename when both
stand in the same type or field, have the same type and arguments, and one of these holds: the
descriptions are equal, the names are alike, the new one stands at the place of the old one, or
nothing else could be meant. It remains a guess, so messages put it as a question; what is
breaking stays breaking.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
)

from router.checks.coordinates import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphql import GraphQLNamedType, GraphQLSchema

    from router.checks.change import Change

_REMOVALS = {"TYPE_REMOVED", "FIELD_REMOVED", "ARG_REMOVED", "VALUE_REMOVED_FROM_ENUM"}
ADDITIONS = {
    "TYPE_ADDED",
    "FIELD_ADDED",
    "OPTIONAL_INPUT_FIELD_ADDED",
    "REQUIRED_INPUT_FIELD_ADDED",
    "OPTIONAL_ARG_ADDED",
    "REQUIRED_ARG_ADDED",
    "VALUE_ADDED_TO_ENUM",
}
_WORD = re.compile(r"\w+")
_ALIKE = 0.6
_MEMBERS_IN_COMMON = 0.5


class _Element(NamedTuple):
    """What can be compared of two elements.

    Attributes:
        shape: Must be equal; empty where it would say nothing, as for enum values.
        place: Among its siblings; None for types, whose order means nothing.
        members: Names of the parts of a type; half of them must be the same.
    """

    name: str
    shape: str
    description: str
    place: int | None = None
    members: frozenset[str] = frozenset()


def join_renames(changes: Sequence[Change], old: GraphQLSchema, new: GraphQLSchema) -> list[Change]:
    """The changes, each rename made one of them: the removal, with `renamed_to`.

    What follows from the new name of a type alone (fields that return it, unions that hold it)
    is no change of its own.
    """
    removed = [change.coordinate for change in changes if change.code in _REMOVALS]
    added = [change.coordinate for change in changes if change.code in ADDITIONS]
    types = _matches(removed, added, {}, old, new, are_types=True)
    renames = types | _matches(removed, added, types, old, new, are_types=False)
    new_names = set(renames.values())
    kept: list[Change] = []
    for change in changes:
        is_explained = change.code in ADDITIONS and change.coordinate in new_names
        if is_explained or _follows(change, types, old, new):
            continue
        name = renames.get(change.coordinate) if change.code in _REMOVALS else None
        kept.append(change if name is None else replace(change, renamed_to=name))
    return kept


def _follows(
    change: Change, types: Mapping[str, str], old: GraphQLSchema, new: GraphQLSchema
) -> bool:
    """Whether a change says no more than that a type has another name."""
    if change.coordinate.startswith("@"):
        return False
    if change.code in ("FIELD_CHANGED_KIND", "ARG_CHANGED_KIND"):
        before = _renamed(_type_of(change.coordinate, old), types)
        return before == _type_of(change.coordinate, new)
    words = set(_WORD.findall(change.message)) - {change.coordinate}
    if change.code in ("TYPE_REMOVED_FROM_UNION", "IMPLEMENTED_INTERFACE_REMOVED"):
        return not words.isdisjoint(types)
    if change.code in ("TYPE_ADDED_TO_UNION", "IMPLEMENTED_INTERFACE_ADDED"):
        return not words.isdisjoint(types.values())
    return False


def _matches(
    removed: list[str],
    added: list[str],
    types: Mapping[str, str],
    old: GraphQLSchema,
    new: GraphQLSchema,
    *,
    are_types: bool,
) -> dict[str, str]:
    """Old coordinate to new one; each at most once, the most alike first."""
    before = {c: _element(c, old, types) for c in removed if ("." not in c) == are_types}
    after = {c: _element(c, new, {}) for c in added if ("." not in c) == are_types}
    come_to: dict[str, list[str]] = {}
    for come in after:
        come_to.setdefault(owner_of(come), []).append(come)
    possible = [
        (gone, come)
        for gone in before
        for come in come_to.get(owner_of(gone), ())
        if _could_be(before[gone], after[come])
    ]
    times = Counter(name for pair in possible for name in pair)
    scored = sorted(
        (-_score(before[gone], after[come], is_only=times[gone] == times[come] == 1), gone, come)
        for gone, come in possible
    )
    found: dict[str, str] = {}
    taken: set[str] = set()
    for score, gone, come in scored:
        if score < 0 and gone not in found and come not in taken:
            found[gone] = come
            taken.add(come)
    return found


def _could_be(gone: _Element, come: _Element) -> bool:
    if gone.shape != come.shape:
        return False
    everything = gone.members | come.members
    return len(gone.members & come.members) >= _MEMBERS_IN_COMMON * len(everything)


def _score(old: _Element, new: _Element, *, is_only: bool) -> float:
    """How much speaks for a rename; 0: nothing does.

    Args:
        old: What was removed.
        new: What was added.
        is_only: Neither could be a rename of anything else.
    """
    score = 0.0
    likeness = SequenceMatcher(None, old.name.lower(), new.name.lower()).ratio()
    if likeness >= _ALIKE:
        score += likeness
    if old.description and old.description == new.description:
        score += 1
    if old.place is not None and old.place == new.place:
        score += 0.5
    # Where all have the same shape it says nothing that no other is possible.
    if is_only and old.shape:
        score += 0.25
    return score


def _element(coordinate: str, schema: GraphQLSchema, types: Mapping[str, str]) -> _Element:
    type_name, _, member = coordinate.partition(".")
    type_ = schema.type_map[type_name]
    if not member:
        members = frozenset(_member_names(type_))
        shape = type(type_).__name__ if members else ""
        return _Element(type_name, shape, type_.description or "", members=members)
    field_name, _, argument_name = member.rstrip(":)").partition("(")
    if isinstance(type_, GraphQLEnumType):
        place = list(type_.values).index(member)
        return _Element(member, "", type_.values[member].description or "", place)
    field = _field(type_, field_name)
    shape = _renamed(_type_of(coordinate, schema), types)
    if argument_name:
        place = list(field.args).index(argument_name)
        description = field.args[argument_name].description
        return _Element(argument_name, shape, description or "", place)
    place = list(_member_names(type_)).index(field_name)
    arguments = [f"{name}: {given.type}" for name, given in getattr(field, "args", {}).items()]
    shape = f"({_renamed(', '.join(arguments), types)}): {shape}"
    return _Element(field_name, shape, field.description or "", place)


def _type_of(coordinate: str, schema: GraphQLSchema) -> str:
    """The type reference of a field, argument or input field."""
    type_name, _, member = coordinate.partition(".")
    field_name, _, argument_name = member.rstrip(":)").partition("(")
    field = _field(schema.type_map[type_name], field_name)
    return str(field.args[argument_name].type if argument_name else field.type)


def _field(type_: GraphQLNamedType, name: str) -> Any:  # noqa: ANN401 (of an object or an input)
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType() | GraphQLInputObjectType():
            return type_.fields[name]
    msg = f"{type_.name} has no fields"
    raise TypeError(msg)


def _member_names(type_: GraphQLNamedType) -> Iterator[str]:
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType() | GraphQLInputObjectType():
            yield from type_.fields
        case GraphQLEnumType():
            yield from type_.values
        case GraphQLUnionType():
            yield from (member.name for member in type_.types)


def _renamed(text: str, types: Mapping[str, str]) -> str:
    """Type references, with the names that their types have now."""
    return _WORD.sub(lambda found: types.get(found[0], found[0]), text)
