"""Merge what a fetch brought into the response tree.

A null never replaces a value. Objects are merged by response key, lists item by item, anything else
is replaced: later fetches ask for nothing that an earlier one has answered otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct

from router.execution.generated import FunctionCode
from router.execution.locate import locate
from router.execution.tree import TYPENAME, attribute, is_told

if TYPE_CHECKING:
    from router.execution.json_value import JsonObject, JsonValue
    from router.execution.layout import Place, Source
    from router.planning.query_plan import Rename

_CONTAINERS = (dict, list)
_TYPENAMES = (TYPENAME, attribute(TYPENAME))

Addition = Callable[[Any, Any], None]
"""Object of the tree, what a source brings to it."""


class Merge:
    """Merges values of the tree.

    Attributes:
        interfaces: Names that are no object type: an `@interfaceObject`'s subgraph answers with its
            interface's name, which must not hide the type that another subgraph told.
    """

    def __init__(self, interfaces: frozenset[str]) -> None:
        self._interfaces = interfaces

    def compile_addition(self, place: Place, source: Source) -> Addition:
        """A function that adds what a source brings to an object of a place.

        What no other source brings is set; the rest is merged. The function takes parts of what is
        brought into the tree.
        """
        code = FunctionCode("add(target, brought)")
        for item in place.fields.values():
            if source not in item.brought or item.constant is not None:
                continue
            name = attribute(item.key)
            if len(item.brought) == 1:
                code.line(f"target.{name} = brought.{name}")
            else:
                code.line(f"{code.value(self.field)}(target, {name!r}, brought.{name})")
        code.line("return")
        addition: Addition = code.compile()
        return addition

    def field(self, target: Struct, name: str, value: JsonValue) -> None:
        """Merge a value into an attribute of a Struct."""
        known = getattr(target, name)
        if known is UNSET or (is_told(value) and self._is_replaced(known, value, name)):
            setattr(target, name, value)

    def json(self, target: JsonObject, source: JsonObject) -> None:
        """Merge plain objects; parts of `source` may become parts of `target`."""
        for key, value in source.items():
            if key not in target or (
                value is not None and self._is_replaced(target[key], value, key)
            ):
                target[key] = value

    def _is_replaced(self, known: JsonValue, value: JsonValue, name: str) -> bool:
        """Merge a value into a known one; whether it takes that one's place instead."""
        if not is_told(known):
            return True
        if known.__class__ is dict and value.__class__ is dict:
            self.json(known, value)
        elif known.__class__ is list and value.__class__ is list:
            self._lists(known, value)
        elif isinstance(known, Struct) and isinstance(value, Struct):
            for item in value.__struct_fields__:
                self.field(known, item, getattr(value, item))
        else:
            return name not in _TYPENAMES or (
                value.__class__ is str and value not in self._interfaces
            )
        return False

    def _lists(self, target: list[Any], source: list[Any]) -> None:
        for index, (known, value) in enumerate(zip(target, source, strict=False)):
            if not is_told(known):
                if is_told(value):
                    target[index] = value
            elif (
                known.__class__ is value.__class__ is list
                or (known.__class__ is value.__class__ is dict)
                or (isinstance(known, Struct) and isinstance(value, Struct))
            ):
                self._is_replaced(known, value, "")


def copied(value: JsonValue) -> JsonValue:
    """A copy of JSON that shares no object or list with it."""
    if value.__class__ is dict:
        return {
            key: copied(item) if item.__class__ in _CONTAINERS else item
            for key, item in value.items()
        }
    if value.__class__ is list:
        return [copied(item) for item in value]
    return value


def compile_renames(renames: tuple[Rename, ...]) -> Callable[[JsonObject], None] | None:
    """A function that renames keys in a fetch's result, in place; None if there are none."""
    if not renames:
        return None

    def rename(root: JsonObject) -> None:
        for item in renames:
            for holder in locate(root, item.path):
                if item.source in holder:
                    holder[item.target] = holder.pop(item.source)

    return rename
