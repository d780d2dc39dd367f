"""One run of an operation: the response tree, and what went wrong on the way."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from router.errors import PlanBugError, SubgraphError
from router.execution.completion import Completion
from router.execution.context import ExecutionContext, ExecutionResult
from router.execution.errors import (
    ErrorPaths,
    first_null,
    from_subgraph,
    known_part,
    unavailable,
)
from router.execution.projection import OutOfOrderError
from router.observations import FetchObservation, FetchOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from router.execution.fetch import Answer, CompiledFetch, Sent
    from router.execution.json_value import JsonObject
    from router.execution.locate import ConcretePath
    from router.execution.places import Places
    from router.execution.ports import SubgraphClient, SubgraphRequest, SubgraphResponse
    from router.execution.variant import Variant

_encode = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)


class _FieldError(NamedTuple):
    """A subgraph's error and the place in the response it speaks of, if it names one."""

    fetch: CompiledFetch
    error: JsonObject
    path: ConcretePath | None


class _Failure(NamedTuple):
    """A fetch that left its places empty.

    Attributes:
        fetch: Which.
        place: Where its first result would stand.
        error: The subgraph's, where it told one without a path; None if it gave no usable answer.
    """

    fetch: CompiledFetch
    place: ConcretePath
    error: JsonObject | None


class Execution:
    """State of one run.

    Attributes:
        tree: Results of all fetches so far, merged.
    """

    __slots__ = (
        "_clients",
        "_context",
        "_failures",
        "_fetches",
        "_field_errors",
        "_passed",
        "_variables",
        "_variant",
        "tree",
    )

    def __init__(
        self,
        fetches: Sequence[CompiledFetch],
        variant: Variant,
        variables: JsonObject,
        context: ExecutionContext,
        clients: Mapping[str, SubgraphClient],
    ) -> None:
        self.tree: JsonObject = {}
        self._fetches = fetches
        self._variant = variant
        self._passed: bytes | None = None
        self._variables = variables
        self._context = context
        self._clients = clients
        self._field_errors: list[_FieldError] = []
        self._failures: list[_Failure] = []

    async def perform(self, index: int) -> None:
        """Run one fetch and merge its result; whatever its subgraph does, the rest goes on."""
        fetch = self._fetches[index]
        if not fetch.applies(self._variables):
            return
        sent = fetch.collect(self.tree, self._variables)
        if sent is None:
            return
        client = self._clients.get(fetch.subgraph)
        if client is None:
            msg = f"no client for subgraph {fetch.subgraph}"
            raise PlanBugError(msg)
        request = fetch.request(sent, self._variables, self._context)
        started_s = monotonic()
        response: SubgraphResponse | None = None
        outcome: FetchOutcome = "ok"
        try:
            response = await client.send(request)
            if self._variant.pass_through is not None and response.status == 200:
                self._passed = self._variant.pass_through(response.body)
            if self._passed is None:
                outcome = self._take(fetch, sent, fetch.read(response))
        except SubgraphError as error:
            # An open breaker has been told of by the failures that opened it.
            _log.log(logging.DEBUG if error.failure == "breaker_open" else logging.WARNING, error)
            outcome = error.failure
            self._fail(fetch, sent)
        except Exception:  # noqa: BLE001 - one fetch must not take the others with it
            _log.exception("fetch from subgraph %s failed unexpectedly", fetch.subgraph)
            outcome = "unreachable"
            self._fail(fetch, sent)
        self._observe(fetch, request, response, outcome, started_s)

    def _take(self, fetch: CompiledFetch, sent: Sent, answer: Answer) -> FetchOutcome:
        if answer.errors:
            self._take_errors(fetch, fetch.places(self.tree, sent), answer)
        if answer.data is not None:
            fetch.merge_data(self.tree, answer.data, sent, is_partial=bool(answer.errors))
        return "errors" if answer.errors else "ok"

    def _take_errors(self, fetch: CompiledFetch, places: Places, answer: Answer) -> None:
        is_empty = not answer.data or all(item is None for item in answer.data.values())
        for error in answer.errors:
            path = error.get("path")
            found = places.of(path, fetch.renamed)
            if found:
                self._field_errors += [_FieldError(fetch, error, place) for place in found]
            elif is_empty or places.is_whole_call(path):
                self._failures.append(_Failure(fetch, places.first(), error))
            else:
                self._field_errors.append(_FieldError(fetch, error, None))

    def _fail(self, fetch: CompiledFetch, sent: Sent) -> None:
        place = fetch.places(self.tree, sent).first()
        self._failures.append(_Failure(fetch, place, None))

    def _observe(
        self,
        fetch: CompiledFetch,
        request: SubgraphRequest,
        response: SubgraphResponse | None,
        outcome: FetchOutcome,
        started_s: float,
    ) -> None:
        duration_s = monotonic() - started_s
        sent = len(request.body)
        self._context.observations.fetches.append(
            FetchObservation(fetch.subgraph, started_s, duration_s, outcome, 0, sent)
            if response is None
            else FetchObservation(
                fetch.subgraph,
                started_s,
                duration_s,
                "shared" if response.is_shared else outcome,
                response.status,
                sent,
                len(response.body),
                response.attempts,
            )
        )

    def answer(self) -> ExecutionResult:
        """Project the tree to what the client selected."""
        if self._passed is not None:
            return ExecutionResult(self._passed, [])
        if not self._field_errors and not self._failures:
            try:
                return ExecutionResult(_encode(self._variant.project(self.tree, {})), [])
            except (OutOfOrderError, KeyError, TypeError):
                pass
        return self._answer_with_errors()

    def _answer_with_errors(self) -> ExecutionResult:
        variant = self._variant
        selection = variant.selection
        told = [
            (item, None if item.path is None else known_part(selection, item.path))
            for item in self._field_errors
        ]
        completion = Completion(
            ErrorPaths(
                (path for _, path in told if path is not None),
                has_gaps=bool(told or self._failures),
            )
        )
        data = completion.root(selection, self.tree)
        errors = [
            (item.fetch.id, from_subgraph(item.fetch.subgraph, item.error, path))
            for item, path in told
        ]
        errors += [(item.fetch.id, _failure_error(item, variant, data)) for item in self._failures]
        for path, problem in completion.violations:
            source = _source(self._fetches, path)
            errors.append((source.id if source else 0, _violation(source, problem, path)))
        errors.sort(key=lambda item: item[0])
        denials = [
            {"message": denied.message, "path": list(path), "extensions": dict(denied.extensions)}
            for path, denied in completion.denials
        ]
        return ExecutionResult(_encode(data), [error for _, error in errors] + denials)


def _failure_error(failure: _Failure, variant: Variant, data: object) -> JsonObject:
    """The one error for a failed fetch, at the first place it left null."""
    fetch = failure.fetch
    place = known_part(variant.selection, failure.place)
    candidates = [(*place, key) for key in fetch.selected_keys]
    known = [path for path in candidates if known_part(variant.selection, path) == path]
    path = next((first_null(data, path) for path in known), place)
    if failure.error is not None:
        return from_subgraph(fetch.subgraph, failure.error, path)
    return unavailable(fetch.subgraph, f"Subgraph '{fetch.subgraph}' is unavailable.", path)


def _source(fetches: Sequence[CompiledFetch], path: ConcretePath) -> CompiledFetch | None:
    """The fetch that should have filled a place of the response."""
    keys = tuple(segment for segment in path if isinstance(segment, str))
    fitting = [
        (len(start), fetch)
        for fetch in fetches
        for start in fetch.key_paths
        if keys[: len(start)] == start
        and keys[len(start) : len(start) + 1][0:1]
        and keys[len(start)] in fetch.selected_keys
    ]
    return max(fitting, key=lambda item: item[0])[1] if fitting else None


def _violation(source: CompiledFetch | None, problem: str, path: ConcretePath) -> JsonObject:
    if source is None:
        return {
            "message": f"The value here {problem}, against the schema.",
            "path": list(path),
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
    message = f"Subgraph '{source.subgraph}' answered with a value that {problem}."
    return unavailable(source.subgraph, message, path)
