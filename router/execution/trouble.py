"""What went wrong while an operation ran, and the answer that tells it: data with errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from router.execution.completion import Completion
from router.execution.context import ExecutionResult
from router.execution.errors import (
    ErrorPaths,
    against_schema,
    first_null,
    fitting_part,
    from_subgraph,
    known_part,
    late,
    no_value,
    unavailable,
    wrong_value,
)
from router.execution.locate import keys_of
from router.execution.tree import entries, is_told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msgspec import Struct

    from router.execution.fetch import Answer, CompiledFetch
    from router.execution.json_value import JsonObject, JsonValue
    from router.execution.locate import ConcretePath, Keys
    from router.execution.places import Places
    from router.execution.shape import Selection
    from router.execution.variant import Variant

_encode = msgspec.json.Encoder().encode


class _FieldError(NamedTuple):
    """A subgraph's error, and the place in the response that it speaks of."""

    fetch: CompiledFetch
    error: JsonObject
    path: ConcretePath


class _Failure(NamedTuple):
    """A fetch that left places empty, nobody has said which.

    Attributes:
        fetch: Which.
        places: Where its results would stand; of entities those that were asked for.
        is_whole: All of its places are empty.
        error: The subgraph's, if it gave one; it names no place.
        is_late: It had no answer when the operation's time was up.
    """

    fetch: CompiledFetch
    places: Sequence[ConcretePath]
    is_whole: bool
    error: JsonObject | None = None
    is_late: bool = False


class Trouble:
    """What went wrong in one run."""

    __slots__ = ("_failures", "_field_errors", "_variant")

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._field_errors: list[_FieldError] = []
        self._failures: list[_Failure] = []

    def take(self, fetch: CompiledFetch, places: Places, answer: Answer) -> None:
        """Take the errors of an answer, before its data are merged."""
        is_empty = not any(is_told(value) for _, value in entries(answer.data))
        for error in answer.errors:
            path = error.get("path")
            found = places.of(path, fetch.renamed)
            known = [known_part(self._variant.selection, place) for place in found]
            if any(known):
                self._field_errors += [_FieldError(fetch, error, place) for place in known]
            else:
                is_whole = is_empty or places.is_whole_call(path)
                self._failures.append(_Failure(fetch, places.all(), is_whole, error))

    def fail(self, fetch: CompiledFetch, places: Places, *, is_late: bool) -> None:
        """Take it that a fetch gave no usable answer."""
        self._failures.append(_Failure(fetch, places.all(), is_whole=True, is_late=is_late))

    def answer(self, root: Struct, data: object) -> ExecutionResult:
        """The answer with what is there.

        Args:
            root: Of the response tree.
            data: What encodes as `data`; None if the tree has to be completed.
        """
        selection = self._variant.selection
        explained = ErrorPaths(item.path for item in self._field_errors)
        completion = Completion(explained, self._is_gap_explained())
        if data is None:
            data = completion.root(selection, root)
        errors = [
            (item.fetch, from_subgraph(item.fetch.subgraph, item.error, path))
            for item in self._field_errors
            if (path := fitting_part(data, item.path, explained)) is not None
        ]
        errors += [
            (item.fetch, _failure_error(item, _place(item, selection, data, explained)))
            for item in self._failures
        ]
        unexplained: list[JsonObject] = []
        for path, problem in completion.violations:
            source = self._source(path)
            if source is None:
                unexplained.append(against_schema(problem, path))
            else:
                errors.append((source, wrong_value(source.subgraph, problem, path)))
        types = self._variant.field_types
        for path, holder in completion.absences:
            source = self._source(path)
            if source is not None and not source.leaves_out(holder, keys_of(path[:-1]), types):
                errors.append((source, no_value(source.subgraph, path)))
        errors.sort(key=lambda item: item[0].fetch.id)
        denials = [
            {"message": denied.message, "path": list(path), "extensions": dict(denied.extensions)}
            for path, denied in completion.denials
        ]
        told = [*unexplained, *(error for _, error in errors), *denials]
        return ExecutionResult(told, None, _encode(data))

    def _is_gap_explained(self) -> Callable[[ConcretePath], bool]:
        """Whether there is an error for what should have told the field at a path."""
        troubled = self._troubled()

        def is_explained(path: ConcretePath) -> bool:
            source = self._source(path)
            return source is not None and source.fetch.id in troubled

        return is_explained

    def _troubled(self) -> set[int]:
        """Ids of the fetches that went wrong, and of those that needed what they should bring."""
        troubled = {item.fetch.fetch.id for item in self._field_errors}
        troubled |= {item.fetch.fetch.id for item in self._failures}
        for fetch in self._variant.compiled.fetches:
            if fetch is not None and not troubled.isdisjoint(fetch.fetch.depends_on):
                troubled.add(fetch.fetch.id)
        return troubled

    def _source(self, path: ConcretePath) -> CompiledFetch | None:
        """The fetch that should have filled a place of the response."""
        keys = keys_of(path)
        fitting = [
            (len(start), fetch)
            for fetch in self._variant.compiled.fetches
            if fetch is not None
            for start in fetch.key_paths
            if len(keys) > len(start)
            and keys[: len(start)] == start
            and keys[len(start)] in fetch.selected_keys
        ]
        return max(fitting, key=lambda item: item[0])[1] if fitting else None


def _failure_error(failure: _Failure, place: ConcretePath | None) -> JsonObject:
    subgraph = failure.fetch.subgraph
    if failure.error is not None:
        return from_subgraph(subgraph, failure.error, place)
    return late(subgraph, place) if failure.is_late else unavailable(subgraph, place)


def _place(
    failure: _Failure, selection: Selection, data: JsonValue, explained: ErrorPaths
) -> ConcretePath | None:
    """The first place that a failure left null, as far as no error speaks of it."""
    visible: dict[Keys, list[str]] = {}
    for place in failure.places:
        keys = keys_of(place)
        if keys not in visible:
            candidates = [(key, (*place, key)) for key in failure.fetch.selected_keys]
            visible[keys] = [key for key, at in candidates if known_part(selection, at) == at]
        for key in visible[keys]:
            path = first_null(data, (*place, key))
            if path is not None and not explained.covers(path):
                return path
    if not failure.is_whole or not failure.places:
        return None
    return known_part(selection, failure.places[0]) or None
