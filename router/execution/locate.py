"""Find the objects at a response path.

Two walks over the same paths: `compile_locator` gives the objects, for every request;
`locate_with_paths` gives each object's concrete path too, for error paths only.
Whatever is not of the shape the path says is left out: a subgraph's wrong shape is judged later,
when the answer is projected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from router.planning.query_plan import LIST, PathSegment, ResponsePath, TypeCondition

if TYPE_CHECKING:
    from router.execution.json_value import JsonObject, JsonValue

ConcretePath = tuple[str | int, ...]
Keys = tuple[str, ...]
"""Response keys from the root, without list items and type conditions."""

Locator = Callable[[Any], list[Any]]
"""Root object in, objects (or lists) at the path out."""


def keys_of(path: ResponsePath) -> Keys:
    """The response keys of a path."""
    return tuple(item for item in path if isinstance(item, str) and item != LIST)


def typename_of(item: JsonObject) -> str | None:
    """The type an object says it has."""
    name = item.get("__typename")
    return name if isinstance(name, str) else None


def compile_locator(path: ResponsePath, final: type = dict) -> Locator:
    """Compile a path into a function that gives the values of class `final` found there."""
    stages: list[Callable[[list[Any]], list[Any]]] = []
    for index, segment in enumerate(path):
        stages.append(_stage(segment, _class_before(path[index + 1 :], final)))
    if not stages:
        return lambda root: [root]
    if len(stages) == 1:
        only = stages[0]
        return lambda root: only([root])

    def locate(root: JsonValue) -> list[Any]:
        values = [root]
        for stage in stages:
            values = stage(values)
        return values

    return locate


def _class_before(rest: Sequence[PathSegment], final: type) -> type:
    if not rest:
        return final
    return list if rest[0] == LIST else dict


def _stage(segment: PathSegment, expected: type) -> Callable[[list[Any]], list[Any]]:
    if isinstance(segment, TypeCondition):
        names = {*segment.types, None}
        return lambda values: [value for value in values if typename_of(value) in names]
    if segment == LIST:
        return lambda lists: [
            item for values in lists for item in values if item.__class__ is expected
        ]
    return lambda objects: [
        value for item in objects if (value := item.get(segment)).__class__ is expected
    ]


def locate_with_paths(root: JsonValue, path: ResponsePath) -> Iterator[tuple[ConcretePath, Any]]:
    """Every object at `path` with where it stands; type conditions are not judged."""
    pending: list[tuple[ConcretePath, Any]] = [((), root)]
    for segment in path:
        if isinstance(segment, TypeCondition):
            continue
        if segment == LIST:
            pending = [
                ((*place, index), item)
                for place, values in pending
                if isinstance(values, list)
                for index, item in enumerate(values)
            ]
        else:
            pending = [
                ((*place, segment), value[segment])
                for place, value in pending
                if isinstance(value, dict) and segment in value
            ]
    yield from ((place, value) for place, value in pending if isinstance(value, dict))
