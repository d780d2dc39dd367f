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
    fitting_part,
    from_subgraph,
    known_part,
    unavailable,
)
from router.execution.places import Places
from router.execution.projection import OutOfOrderError
from router.execution.tree import attribute
from router.observations import FetchObservation, FetchOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msgspec import Struct

    from router.execution.entity_call import SentCall
    from router.execution.fetch import Answer, CompiledFetch
    from router.execution.json_value import JsonObject
    from router.execution.locate import ConcretePath
    from router.execution.ports import SubgraphClient, SubgraphRequest, SubgraphResponse
    from router.execution.request import RequestTemplate
    from router.execution.variant import Variant

_encode = msgspec.json.Encoder().encode
_NOTHING: JsonObject = {}
_log = logging.getLogger(__name__)


class _Response(msgspec.Struct, gc=False):
    data: object


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
        introspected: Root fields that the router answers itself, by response key.
        is_regular: Everything that came was as the client's types and the plan promise.
    """

    __slots__ = (
        "_clients",
        "_context",
        "_failures",
        "_field_errors",
        "_passed",
        "_root",
        "_sent",
        "_templates",
        "_variables",
        "_variant",
        "introspected",
        "is_regular",
    )

    def __init__(
        self,
        templates: Sequence[RequestTemplate],
        variant: Variant,
        variables: JsonObject,
        context: ExecutionContext,
        clients: Mapping[str, SubgraphClient],
    ) -> None:
        self.introspected: JsonObject = _NOTHING
        self.is_regular = True
        self._templates = templates
        self._variant = variant
        self._root: Struct | None = None
        self._passed: bytes | None = None
        self._variables = variables
        self._context = context
        self._clients = clients
        self._sent: list[SentCall] = []
        self._field_errors: list[_FieldError] = []
        self._failures: list[_Failure] = []

    @property
    def root(self) -> Struct:
        """Root of the response tree: results of all fetches so far, merged."""
        root = self._root
        if root is None:
            root = self._root = self._variant.compiled.root.empty()
        return root

    async def perform(self, index: int) -> None:
        """Run one fetch and merge its result; whatever its subgraph does, the rest goes on."""
        variant = self._variant
        sent: Sequence[SentCall] = ()
        if variant.pass_through is None:
            fetch = variant.compiled.fetches[index]
            if fetch is None:
                return
            if fetch.fetch.entity_calls:
                sent, is_whole = fetch.gather(self.root, is_regular=self.is_regular)
                if not is_whole:
                    self.is_regular = False
                for item in sent:
                    if item.collected.representations:
                        break
                else:
                    return
        template = self._templates[index]
        client = self._clients.get(template.subgraph)
        if client is None:
            msg = f"no client for subgraph {template.subgraph}"
            raise PlanBugError(msg)
        request = template.request(sent, self._variables, self._context)
        started_s = monotonic()
        response: SubgraphResponse | None = None
        outcome: FetchOutcome = "ok"
        try:
            response = await client.send(request)
            if (
                variant.pass_through is not None
                and response.status == 200
                and variant.pass_through(response.body)
            ):
                self._passed = response.body
            else:
                outcome = self._take(index, sent, response)
        except SubgraphError as error:
            # An open breaker has been told of by the failures that opened it.
            _log.log(logging.DEBUG if error.failure == "breaker_open" else logging.WARNING, error)
            outcome = error.failure
            self._fail(index, sent)
        except Exception:  # noqa: BLE001 - one fetch must not take the others with it
            _log.exception("fetch from subgraph %s failed unexpectedly", template.subgraph)
            outcome = "unreachable"
            self._fail(index, sent)
        self._observe(template.subgraph, request, response, outcome, started_s)

    def _take(
        self, index: int, sent: Sequence[SentCall], response: SubgraphResponse
    ) -> FetchOutcome:
        fetch = self._fetch(index)
        answer = fetch.read(response)
        if answer.errors:
            self._take_errors(fetch, Places(fetch.fetch, self.root, sent), answer)
        if answer.data is None or not fetch.merge(self.root, answer, sent):
            self.is_regular = False
        if sent:
            self._sent += sent
        return "errors" if answer.errors else "ok"

    def _fetch(self, index: int) -> CompiledFetch:
        fetch = self._variant.compiled.fetches[index]
        if fetch is None:
            msg = f"fetch {index} was sent although its conditions do not hold"
            raise PlanBugError(msg)
        return fetch

    def _take_errors(self, fetch: CompiledFetch, places: Places, answer: Answer) -> None:
        self.is_regular = False
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

    def _fail(self, index: int, sent: Sequence[SentCall]) -> None:
        self.is_regular = False
        fetch = self._fetch(index)
        place = Places(fetch.fetch, self.root, sent).first()
        self._failures.append(_Failure(fetch, place, None))

    def _observe(
        self,
        subgraph: str,
        request: SubgraphRequest,
        response: SubgraphResponse | None,
        outcome: FetchOutcome,
        started_s: float,
    ) -> None:
        duration_s = monotonic() - started_s
        sent = len(request.body)
        self._context.observations.fetches.append(
            FetchObservation(subgraph, started_s, duration_s, outcome, 0, sent)
            if response is None
            else FetchObservation(
                subgraph,
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
        """The result: the tree, projected to what the client selected."""
        if self._passed is not None:
            return ExecutionResult([], self._passed)
        for key, value in self.introspected.items():
            setattr(self.root, attribute(key), value)
        body = self._print() if self.is_regular else None
        return self._answer_with_errors() if body is None else ExecutionResult([], body)

    def _print(self) -> bytes | None:
        """The whole response; None if the tree is not as the plan promises after all."""
        project = self._variant.compiled.project
        data: object = self.root
        if project is not None:
            try:
                data = project(data, {})
            except (OutOfOrderError, TypeError):
                return None
        for item in self._sent:
            if item.call is not None and item.call.has_trims:
                item.call.trim(item.collected)
        return _encode(_Response(data))

    def _answer_with_errors(self) -> ExecutionResult:
        variant = self._variant
        selection = variant.selection
        fetches = [fetch for fetch in variant.compiled.fetches if fetch is not None]
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
        data = completion.root(selection, self.root)
        errors = [
            (
                item.fetch.fetch.id,
                from_subgraph(item.fetch.subgraph, item.error, path and fitting_part(data, path)),
            )
            for item, path in told
        ]
        errors += [
            (item.fetch.fetch.id, _failure_error(item, variant, data)) for item in self._failures
        ]
        for path, problem in completion.violations:
            source = _source(fetches, path)
            errors.append((source.fetch.id if source else 0, _violation(source, problem, path)))
        errors.sort(key=lambda item: item[0])
        denials = [
            {"message": denied.message, "path": list(path), "extensions": dict(denied.extensions)}
            for path, denied in completion.denials
        ]
        return ExecutionResult([error for _, error in errors] + denials, None, _encode(data))


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
