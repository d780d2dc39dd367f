"""Merge the results of fetches into one response tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.execution.locate import compile_locator

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.execution.json_value import JsonObject, JsonValue
    from router.planning.query_plan import Rename


_CONTAINERS = (dict, list)


def merge(target: JsonObject, source: JsonObject, interfaces: frozenset[str]) -> None:
    """Merge `source` into `target`; parts of `source` may become parts of `target`.

    A null never replaces a value. Objects are merged by key, lists item by item, anything else is
    replaced: later fetches ask for nothing that an earlier one has answered otherwise.

    Args:
        target: Modified.
        source: Given up to the target.
        interfaces: Names that are no object type: an `@interfaceObject`'s subgraph answers with
            its interface's name, which must not hide the type that another subgraph told.
    """
    for key, value in source.items():
        known = target.get(key)
        if known is None:
            target[key] = value
        elif value is None:
            continue
        elif known.__class__ is dict and value.__class__ is dict:
            merge(known, value, interfaces)
        elif known.__class__ is list and value.__class__ is list:
            _merge_lists(known, value, interfaces)
        elif key != "__typename" or (value.__class__ is str and value not in interfaces):
            target[key] = value


def copied(value: JsonValue) -> JsonValue:
    """A copy that shares no object or list with the value."""
    if value.__class__ is dict:
        return {
            key: copied(item) if item.__class__ in _CONTAINERS else item
            for key, item in value.items()
        }
    if value.__class__ is list:
        return [copied(item) for item in value]
    return value


def _merge_lists(target: list[Any], source: list[Any], interfaces: frozenset[str]) -> None:
    for index, (known, value) in enumerate(zip(target, source, strict=False)):
        if known is None:
            target[index] = value
        elif known.__class__ is dict and value.__class__ is dict:
            merge(known, value, interfaces)
        elif known.__class__ is list and value.__class__ is list:
            _merge_lists(known, value, interfaces)


def compile_renames(renames: tuple[Rename, ...]) -> Callable[[JsonObject], None] | None:
    """A function that renames keys in a fetch's result, in place; None if there are none."""
    if not renames:
        return None
    compiled = [(compile_locator(item.path), item.source, item.target) for item in renames]

    def rename(root: JsonObject) -> None:
        for locate, source, target in compiled:
            for holder in locate(root):
                if source in holder:
                    holder[target] = holder.pop(source)

    return rename
