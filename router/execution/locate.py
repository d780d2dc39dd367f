"""Find the objects at a response path of the tree, for what is rare: errors, renames, re-entry.

Whatever is not of the shape the path says is left out: a subgraph's wrong shape is judged later,
when the answer is completed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from router.execution.tree import attribute, is_object, typename_of
from router.planning.query_plan import LIST, ResponsePath, TypeCondition

if TYPE_CHECKING:
    from router.execution.json_value import JsonValue

ConcretePath = tuple[str | int, ...]
Keys = tuple[str, ...]
"""Response keys from the root, without list items and type conditions."""


def keys_of(path: ResponsePath | ConcretePath) -> Keys:
    """The response keys of a path."""
    return tuple(item for item in path if isinstance(item, str) and item != LIST)


def locate(root: JsonValue, path: ResponsePath) -> list[Any]:
    """Every object at a path; one that stands at several places is there several times."""
    return [value for _, value in locate_with_paths(root, path)]


def locate_with_paths(root: JsonValue, path: ResponsePath) -> list[tuple[ConcretePath, Any]]:
    """Every object at a path with where it stands."""
    pending: list[tuple[ConcretePath, Any]] = [((), root)]
    for segment in path:
        if isinstance(segment, TypeCondition):
            names = {*segment.types, None}
            pending = [item for item in pending if typename_of(item[1]) in names]
        elif segment == LIST:
            pending = [
                ((*place, index), item)
                for place, values in pending
                if isinstance(values, list)
                for index, item in enumerate(values)
            ]
        else:
            name = attribute(segment)
            pending = [
                ((*place, segment), below)
                for place, value in pending
                # `child` written out: a list may be long.
                if (
                    below := value.get(segment, UNSET)
                    if value.__class__ is dict
                    else getattr(value, name, UNSET)
                )
                is not UNSET
            ]
    return [item for item in pending if is_object(item[1])]
