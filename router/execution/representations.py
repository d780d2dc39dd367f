"""Representations: what a fetch of entities sends, and where its results belong.

Entities with equal representations are sent once. Where an entity holds nothing but its
representation, all its places in the response get one shared object: it is merged once, later
fetches see it once, and it is projected once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from router.execution.json_value import JsonObject, JsonValue
from router.execution.locate import Locator, compile_locator
from router.planning.query_plan import (
    LIST,
    EntityCall,
    PathSegment,
    Representation,
    RequiredField,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)

_encode = msgspec.json.Encoder().encode


class Collected:
    """What one entity call sends and where its results go.

    Attributes:
        representations: Distinct ones, in first-seen order.
        entities: Objects of the response tree that wait for results; a shared one stands once.
        indexes: For each of `entities` the index of its representation.
    """

    __slots__ = ("entities", "indexes", "representations")

    def __init__(self) -> None:
        self.representations: list[JsonObject] = []
        self.entities: list[JsonObject] = []
        self.indexes: list[int] = []


class _Maker:
    """Makes the representation of an entity.

    Attributes:
        is_flat: Leaves only; an entity of `size` keys then holds nothing but its representation.
        size: Number of keys, with `__typename`.
    """

    __slots__ = ("is_flat", "make", "size")

    def __init__(self, representation: Representation) -> None:
        selections = representation.selections
        self.make = _compile(representation)
        self.is_flat = all(
            isinstance(item, RequiredField) and not item.selections for item in selections
        )
        self.size = len(selections) + 1


Collector = Callable[[JsonObject], Collected]


def compile_collector(call: EntityCall) -> Collector:
    """Compile a call's paths and `requires` into a function from the response tree to `Collected`.

    The function replaces equal entities of the tree by one object; it changes no values.
    """
    makers = _makers_by_typename(call.requires)
    places = [_compile_places(path) for path in call.paths]

    def collect(root: JsonObject) -> Collected:
        collected = Collected()
        seen: dict[object, int] = {}
        shared: dict[int, JsonObject] = {}
        for places_in in places:
            for container, slot, entity in places_in(root):
                maker = makers.get(entity.get("__typename"))
                if maker is None:
                    continue
                representation = maker.make(entity)
                if representation is None:
                    continue
                identity = _encode(representation)
                index = seen.get(identity)
                if index is None:
                    index = seen[identity] = len(collected.representations)
                    collected.representations.append(representation)
                if maker.is_flat and len(entity) == maker.size:
                    first = shared.setdefault(index, entity)
                    if first is not entity:
                        container[slot] = first
                        continue
                collected.entities.append(entity)
                collected.indexes.append(index)
        return collected

    return collect


def _makers_by_typename(requires: tuple[Representation, ...]) -> dict[str | None, _Maker]:
    """The first representation that fits, by the entity's `__typename` as the tree holds it.

    None stands for an entity without `__typename`, which is unambiguous where there is one type.
    """
    makers: dict[str | None, _Maker] = {}
    for representation in requires:
        maker = _Maker(representation)
        for name in representation.types:
            makers.setdefault(name, maker)
    if len(requires) == 1 and (requires[0].typename or len(requires[0].types) == 1):
        makers[None] = next(iter(makers.values()))
    return makers


Places = Callable[[JsonObject], list[tuple[Any, Any, JsonObject]]]
"""Response tree in, (container, key or index, entity) out."""


def _compile_places(path: ResponsePath) -> Places:
    """Compile a path into a function that gives entities with the slots that hold them."""
    conditions: list[TypeCondition] = []
    end = len(path)
    while end and isinstance(condition := path[end - 1], TypeCondition):
        conditions.append(condition)
        end -= 1
    if not end:
        return lambda root: [({}, "", root)]
    find = _slots(path[: end - 1], path[end - 1])
    if not conditions:
        return find
    names = {*set.intersection(*(set(item.types) for item in conditions)), None}
    return lambda root: [place for place in find(root) if place[2].get("__typename") in names]


def _slots(prefix: ResponsePath, last: PathSegment) -> Places:
    if last == LIST:
        locate: Locator = compile_locator(prefix, list)
        return lambda root: [
            (values, index, entity)
            for values in locate(root)
            for index, entity in enumerate(values)
            if entity.__class__ is dict
        ]
    locate = compile_locator(prefix)
    return lambda root: [
        (holder, last, entity)
        for holder in locate(root)
        if (entity := holder.get(last)).__class__ is dict
    ]


_ABSENT = object()


def _compile(representation: Representation) -> Callable[[JsonObject], JsonObject | None]:
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
        if not _copy(key, entity, copy) or None in copy.values():
            return None
        return copy if _copy(others, entity, copy) else None

    return make


def _copy(
    selections: tuple[RequiredSelection, ...], source: JsonObject, target: JsonObject
) -> bool:
    for selection in selections:
        if isinstance(selection, RequiredField):
            value = source.get(selection.response_key, _ABSENT)
            if selection.selections:
                value = _copy_nested(selection.selections, value)
            if value is _ABSENT:
                return False
            _put(target, selection.name, value)
        elif source.get("__typename") in selection.types and not _copy(
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
    if value is None or value is _ABSENT:
        return value
    if isinstance(value, list):
        items = [_copy_nested(selections, item) for item in value]
        return _ABSENT if any(item is _ABSENT for item in items) else items
    if not isinstance(value, dict):
        return _ABSENT
    copy: JsonObject = {}
    return copy if _copy(selections, value, copy) else _ABSENT
