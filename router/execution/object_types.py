"""Classes for the objects of a place as one source brings them, and the reading of those objects.

A decoder for these classes is the strict reading: it refuses a null in the wrong place, an absent
field, a leaf of another type. `ObjectType.read` is the lenient reading of the same JSON into the
same class: what is not as it should be becomes `Wrong`, or stays UNSET.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
)
from msgspec import UNSET, UnsetType

from router.execution.leaf_types import coercion, strict_type
from router.execution.tree import Wrong, attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from router.execution.json_value import JsonValue
    from router.execution.layout import Place, PlaceField, Source

Read = Callable[[Any], Any]


class ObjectType:
    """The class of a place's objects as one source brings them.

    Attributes:
        struct: Its fields are those of the place, in the client's order. Those that the source does
            not bring are UNSET until another source adds them.
    """

    def __init__(self, name: str, fields: Iterable[PlaceField], source: Source | None) -> None:
        """Make a class.

        Args:
            name: For debugging.
            fields: What the class has.
            source: What brings the objects; None for one that is there from the start.
        """
        self._source = source
        self._fields = tuple(fields)
        self._below: dict[str, ObjectType] = {}
        definitions = [
            (
                attribute(item.key),
                self._type(item),
                msgspec.field(name=item.key, **self._default(item)),
            )
            for item in self._fields
        ]
        self.struct = msgspec.defstruct(name, definitions, kw_only=True, gc=False)

    @classmethod
    def of_place(cls, place: Place, source: Source | None) -> ObjectType:
        """The class for objects that take their place in the tree."""
        return cls("_".join(place.keys) or "root", place.fields.values(), source)

    @classmethod
    def of_addition(cls, places: Sequence[Place], source: Source) -> ObjectType | None:
        """The class for what is merged into objects of the places; None if one class cannot serve.

        It has what the source brings and nothing else.
        """
        fields: dict[str, PlaceField] = {}
        for place in places:
            for item in place.fields.values():
                if source not in item.brought or item.constant is not None:
                    continue
                known = fields.setdefault(item.key, item)
                if known is item:
                    continue
                if known.below is not None or item.below is not None:
                    return None
                if known.declared is None:
                    fields[item.key] = item
                elif item.declared is not None and str(item.declared) != str(known.declared):
                    return None
        return cls("addition", fields.values(), source)

    def _default(self, item: PlaceField) -> dict[str, Any]:
        if item.constant is not None:
            return {"default": item.constant}
        if self._source is not None and item.brought.get(self._source):
            return {}
        return {"default": UNSET}

    def _type(self, item: PlaceField) -> Any:  # noqa: ANN401 - a type form
        if item.constant is not None:
            return Literal[item.constant]
        if self._source is None or self._source not in item.brought:
            return UnsetType
        found = Any if item.declared is None else self._declared(item.declared, item)
        return found if item.brought[self._source] else found | UnsetType

    def _declared(self, declared: GraphQLOutputType, item: PlaceField) -> Any:  # noqa: ANN401
        if isinstance(declared, GraphQLNonNull):
            return self._not_null(declared.of_type, item)
        return self._not_null(declared, item) | None

    def _not_null(self, declared: GraphQLOutputType, item: PlaceField) -> Any:  # noqa: ANN401
        if isinstance(declared, GraphQLList):
            return list[self._declared(declared.of_type, item)]  # type: ignore[misc]
        if item.below is not None:
            return self._object(item.below, item.key).struct
        return strict_type(get_named_type(declared))

    def _object(self, place: Place, key: str) -> ObjectType:
        known = self._below.get(key)
        if known is None:
            known = self._below[key] = ObjectType.of_place(place, self._source)
        return known

    def read(self, value: JsonValue) -> JsonValue:
        """Read an object leniently; a `Wrong` if it is none."""
        if value.__class__ is not dict:
            return Wrong("is not an object")
        made = self.empty()
        for key, name, read in self._readers:
            item = value.get(key, UNSET)
            if item is not UNSET:
                setattr(made, name, None if item is None else read(item))
        return made

    def read_either_way(self, value: JsonValue) -> tuple[JsonValue, bool]:
        """Read an object strictly, or else leniently; and whether it was as it should be."""
        try:
            return msgspec.convert(value, self.struct), True
        except msgspec.ValidationError:
            return self.read(value), False

    def empty(self) -> msgspec.Struct:
        """An object of which nothing is known yet."""
        return self.struct(**self._unset)

    @cached_property
    def _unset(self) -> dict[str, Any]:
        return {attribute(item.key): UNSET for item in self._fields if not self._default(item)}

    @cached_property
    def _readers(self) -> list[tuple[str, str, Read]]:
        return [
            (item.key, attribute(item.key), self._reader(item.declared, item))
            for item in self._fields
            if item.constant is None and self._source in item.brought
        ]

    def _reader(self, declared: GraphQLOutputType | None, item: PlaceField) -> Read:
        """The lenient reading of a value that is not null."""
        if declared is None:
            return _as_it_is
        if isinstance(declared, GraphQLNonNull):
            declared = declared.of_type
        if isinstance(declared, GraphQLList):
            read = self._item_reader(declared.of_type, item)
            return lambda values: (
                [None if value is None else read(value) for value in values]
                if values.__class__ is list
                else Wrong("is not a list")
            )
        if item.below is not None:
            return self._object(item.below, item.key).read
        return coercion(get_named_type(declared))

    def _item_reader(self, declared: GraphQLOutputType, item: PlaceField) -> Read:
        """The same for an item of a list: one that is wrong must not make the others slow."""
        if item.below is None or isinstance(get_nullable_type(declared), GraphQLList):
            return self._reader(declared, item)
        below = self._object(item.below, item.key)
        return lambda value: below.read_either_way(value)[0]


def _as_it_is(value: JsonValue) -> JsonValue:
    return value
