"""Make the representation of an entity: what `requires` of an entity call copies from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from router.execution.json_value import JsonObject, JsonValue
from router.planning.query_plan import Representation, RequiredField, RequiredSelection

ABSENT: Any = object()
"""In place of a field that the response tree does not hold."""

Maker = Callable[[JsonObject], JsonObject | None]


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


def _compile(representation: Representation) -> Maker:
    """A function from an entity to its representation.

    It gives None where the key is null, or a field absent: the fetch that should have brought it
    has failed, and has an error of its own.
    """
    own = representation.types[0] if len(representation.types) == 1 else None
    typename = representation.typename
    key = representation.selections[: representation.key_count]
    others = representation.selections[representation.key_count :]

    def make(entity: JsonObject) -> JsonObject | None:
        name = typename or entity.get("__typename") or own
        copy: JsonObject = {"__typename": name}
        if not copy_selections(key, entity, copy) or None in copy.values():
            return None
        return copy if copy_selections(others, entity, copy) else None

    return make


def copy_selections(
    selections: tuple[RequiredSelection, ...], source: JsonObject, target: JsonObject
) -> bool:
    """Copy what is selected of an object into another; False if something is absent."""
    for selection in selections:
        if isinstance(selection, RequiredField):
            value = source.get(selection.response_key, ABSENT)
            if selection.selections:
                value = _copy_nested(selection.selections, value)
            if value is ABSENT:
                return False
            _put(target, selection.name, value)
        elif source.get("__typename") in selection.types and not copy_selections(
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
    if value is None or value is ABSENT:
        return value
    if isinstance(value, list):
        items = [_copy_nested(selections, item) for item in value]
        return ABSENT if any(item is ABSENT for item in items) else items
    if not isinstance(value, dict):
        return ABSENT
    copy: JsonObject = {}
    return copy if copy_selections(selections, value, copy) else ABSENT
