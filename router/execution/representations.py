"""Make the representation of an entity: what `requires` of an entity call copies from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import UNSET

from router.execution.json_value import JsonObject, JsonValue
from router.execution.tree import Wrong, child, is_object, typename_of
from router.planning.query_plan import (
    EntityCall,
    Representation,
    RequiredField,
    RequiredSelection,
)

FieldTypes = Mapping[str, Mapping[str, str]]
"""Type reference of a field by type and name, as the supergraph has it."""

Maker = Callable[[Any], JsonObject | None]
"""An object of the response tree in."""


def makers_by_typename(requires: tuple[Representation, ...]) -> dict[str | None, Maker]:
    """The first representation that fits, by the entity's `__typename` as the tree holds it.

    None stands for an entity without `__typename`, which is unambiguous where there is one type.
    """
    makers: dict[str | None, Maker] = {}
    for representation in requires:
        maker = _compile(representation)
        for name in representation.types:
            makers.setdefault(name, maker)
    if len(requires) == 1 and (requires[0].typename or len(requires[0].types) == 1):
        makers[None] = next(iter(makers.values()))
    return makers


def types_of(call: EntityCall) -> frozenset[str]:
    """The object types whose entities the call asks for."""
    return frozenset(name for item in call.requires for name in item.types)


def is_left_out(call: EntityCall, entity: JsonValue, field_types: FieldTypes) -> bool:
    """Whether a call rightly asks nothing for an entity.

    It has a null for a key that may be null, or it is of a type that the call does not ask for.
    """
    name = typename_of(entity)
    for representation in call.requires:
        if name is None or name in representation.types:
            types = field_types.get(name or representation.types[0], {})
            return any(
                isinstance(item, RequiredField)
                and child(entity, item.response_key) is None
                and not types.get(item.name, "").endswith("!")
                for item in representation.selections[: representation.key_count]
            )
    return True


def is_flat(representation: Representation) -> bool:
    """Whether it copies leaves only."""
    return all(
        isinstance(item, RequiredField) and not item.selections
        for item in representation.selections
    )


def _compile(representation: Representation) -> Maker:
    """A function from an entity to its representation.

    It gives None where the key is null, or a field absent or wrong: the fetch that should have
    brought it has failed, and has an error of its own.
    """
    own = representation.types[0] if len(representation.types) == 1 else None
    typename = representation.typename
    key = representation.selections[: representation.key_count]
    others = representation.selections[representation.key_count :]

    def make(entity: JsonValue) -> JsonObject | None:
        name = typename or typename_of(entity) or own
        copy: JsonObject = {"__typename": name}
        if not copy_selections(key, entity, copy) or None in copy.values():
            return None
        return copy if copy_selections(others, entity, copy) else None

    return make


def copy_selections(
    selections: tuple[RequiredSelection, ...], source: JsonValue, target: JsonObject
) -> bool:
    """Copy what is selected of an object into another; False if something is absent."""
    for selection in selections:
        if isinstance(selection, RequiredField):
            value = child(source, selection.response_key)
            if selection.selections:
                value = _copy_nested(selection.selections, value)
            if value is UNSET or value.__class__ is Wrong:
                return False
            _put(target, selection.name, value)
        elif typename_of(source) in selection.types and not copy_selections(
            selection.selections, source, target
        ):
            return False
    return True


def _put(target: JsonObject, name: str, value: JsonValue) -> None:
    """Set a field; a second selection of the same field adds to the first."""
    known = target.get(name)
    if isinstance(known, dict) and isinstance(value, dict):
        for key, item in value.items():
            _put(known, key, item)
    elif isinstance(known, list) and isinstance(value, list):
        for first, second in zip(known, value, strict=True):
            if isinstance(first, dict) and isinstance(second, dict):
                for key, item in second.items():
                    _put(first, key, item)
    else:
        target[name] = value


def _copy_nested(selections: tuple[RequiredSelection, ...], value: JsonValue) -> JsonValue:
    if value is None or value is UNSET:
        return value
    if isinstance(value, list):
        items = [_copy_nested(selections, item) for item in value]
        return UNSET if any(item is UNSET for item in items) else items
    if not is_object(value):
        return UNSET
    copy: JsonObject = {}
    return copy if copy_selections(selections, value, copy) else UNSET
