"""Errors of the response that come from subgraphs, with paths a client understands."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import UNSET

from router.execution.tree import child, entries, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.execution.json_value import JsonObject, JsonValue
    from router.execution.locate import ConcretePath
    from router.execution.shape import Selection

UNAVAILABLE = "SUBGRAPH_UNAVAILABLE"
TIMEOUT = "TIMEOUT"


class ErrorPaths:
    """The places that known errors speak of."""

    def __init__(self, paths: Iterable[ConcretePath]) -> None:
        self._given = paths

    def covers(self, path: ConcretePath) -> bool:
        """Whether an error stands at the path, above it or below it."""
        return path in self._above or any(path[:end] in self._paths for end in range(len(path) + 1))

    @cached_property
    def _paths(self) -> set[ConcretePath]:
        return set(self._given)

    @cached_property
    def _above(self) -> set[ConcretePath]:
        return {path[:end] for path in self._paths for end in range(len(path))}


def unavailable(subgraph: str, path: ConcretePath | None) -> JsonObject:
    """The error for a fetch that gave no usable answer."""
    return _error(f"Subgraph '{subgraph}' is unavailable.", UNAVAILABLE, subgraph, path)


def late(subgraph: str, path: ConcretePath | None) -> JsonObject:
    """The error for a fetch without an answer when the operation's time was up."""
    return _error(f"Subgraph '{subgraph}' did not answer in time.", TIMEOUT, subgraph, path)


def no_value(subgraph: str, path: ConcretePath) -> JsonObject:
    """The error for a value that may be null, but was not told at all."""
    return _error(f"Subgraph '{subgraph}' gave no value.", UNAVAILABLE, subgraph, path)


def wrong_value(subgraph: str, problem: str, path: ConcretePath) -> JsonObject:
    """The error for a value that the client's types rule out."""
    message = f"Subgraph '{subgraph}' answered with a value that {problem}."
    return _error(message, UNAVAILABLE, subgraph, path)


def against_schema(problem: str, path: ConcretePath) -> JsonObject:
    """The error for a value of which nobody knows where it came from."""
    message = f"The value here {problem}, against the schema."
    return {
        "message": message,
        "path": list(path),
        "extensions": {"code": "INTERNAL_SERVER_ERROR"},
    }


def _error(message: str, code: str, subgraph: str, path: ConcretePath | None) -> JsonObject:
    error: JsonObject = {"message": message, "extensions": {"code": code, "service": subgraph}}
    if path is not None:
        error["path"] = list(path)
    return error


def from_subgraph(subgraph: str, error: JsonObject, path: ConcretePath | None) -> JsonObject:
    """A subgraph's error as the client gets it.

    Its `locations` are left out: they point into an operation that the client never saw.
    """
    own = error.get("extensions")
    extensions = {**own} if isinstance(own, dict) else {}
    extensions["service"] = subgraph
    message = error.get("message")
    if not isinstance(message, str) or not message:
        message = f"Subgraph '{subgraph}' gave an error without a message."
    rewritten: JsonObject = {"message": message, "extensions": extensions}
    if path:
        rewritten["path"] = list(path)
    return rewritten


def known_part(selection: Selection, path: ConcretePath) -> ConcretePath:
    """The part of a response path that the client's operation selects.

    An error may strike a field that only the plan asked for, such as a field for `@requires`.
    """
    places: list[Selection | None] = [selection]
    for index, segment in enumerate(path):
        if isinstance(segment, int):
            continue
        below = [found for place in places if place is not None for found in place.at(segment)]
        if not below:
            return path[:index]
        places = below
    return path


def fitting_part(data: JsonValue, path: ConcretePath, explained: ErrorPaths) -> ConcretePath | None:
    """The part of a path that the answer's data have, or could have below a null.

    None for an error at a field that the client did not select of the object there, only of objects
    of other types, if that object lacks nothing but what other errors explain: below an
    @interfaceObject a field is read of all.
    """
    value = data
    for index, segment in enumerate(path):
        if value is None:
            return path
        below = _below(value, segment)
        if below is UNSET:
            place = path[:index]
            return place if not is_object(value) or _lacks(value, place, explained) else None
        value = below
    return path


def _lacks(value: JsonValue, place: ConcretePath, explained: ErrorPaths) -> bool:
    """Whether something here is null of which no error speaks."""
    if value is None:
        return not explained.covers(place)
    return any(_lacks(item, (*place, key), explained) for key, item in entries(value))


def _below(value: JsonValue, segment: str | int) -> JsonValue:
    """What stands at a segment of a path; UNSET if nothing."""
    if isinstance(segment, str):
        return child(value, segment)
    return value[segment] if value.__class__ is list and 0 <= segment < len(value) else UNSET


def first_null(data: JsonValue, path: ConcretePath) -> ConcretePath | None:
    """The part of `path` up to the first null of the answer's data; None if there is none."""
    value = data
    for index, segment in enumerate(path):
        if value is None:
            return path[: max(index, 1)]
        value = _below(value, segment)
        if value is UNSET:
            return None
    return path if value is None else None
