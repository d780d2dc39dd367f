"""One run of an operation: fetches into the response tree, and the tree into the answer."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from router.errors import PlanBugError, SubgraphError
from router.execution.completion import Completion
from router.execution.context import ExecutionContext, ExecutionResult
from router.execution.errors import ErrorPaths
from router.execution.locate import locate
from router.execution.places import Places
from router.execution.projection import OutOfOrderError
from router.execution.tree import attribute
from router.execution.trouble import Trouble
from router.observations import FetchObservation, FetchOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from msgspec import Struct

    from router.execution.entity_call import SentCall
    from router.execution.fetch import CompiledFetch
    from router.execution.json_value import JsonObject
    from router.execution.ports import SubgraphClient, SubgraphResponse
    from router.execution.request_template import RequestTemplate
    from router.execution.variant import Variant

_encode = msgspec.json.Encoder().encode
_NOTHING: JsonObject = {}
_log = logging.getLogger(__name__)


class _Response(msgspec.Struct, gc=False):
    data: object


class Run:
    """State of one run.

    Attributes:
        introspected: Root fields that the router answers itself, by response key.
        is_regular: Everything that came was as the client's types and the plan promise.
    """

    __slots__ = (
        "_clients",
        "_context",
        "_passed",
        "_root",
        "_sent",
        "_templates",
        "_trouble",
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
        self._trouble: Trouble | None = None

    @property
    def root(self) -> Struct:
        """Root of the response tree: results of all fetches so far, merged."""
        root = self._root
        if root is None:
            root = self._root = self._variant.compiled.root.empty()
        return root

    @property
    def trouble(self) -> Trouble:
        """What went wrong so far."""
        trouble = self._trouble
        if trouble is None:
            trouble = self._trouble = Trouble(self._variant)
        return trouble

    async def perform(self, index: int) -> None:
        """Run one fetch and merge its result; whatever its subgraph does, the rest goes on."""
        template, context = self._templates[index], self._context
        pass_through = self._variant.pass_through
        sent: Sequence[SentCall] = ()
        if pass_through is None:
            gathered = self._gather(index)
            if gathered is None:
                return
            sent = gathered
        client = self._clients.get(template.subgraph)
        if client is None:
            msg = f"no client for subgraph {template.subgraph}"
            raise PlanBugError(msg)
        started_s = monotonic()
        if started_s >= context.deadline:
            self._fail(index, sent, is_late=True)
            return
        request = template.request(sent, self._variables, context)
        response: SubgraphResponse | None = None
        outcome: FetchOutcome = "ok"
        try:
            response = await client.send(request)
            if pass_through is not None and response.status == 200 and pass_through(response.body):
                self._passed = response.body
            else:
                outcome = self._take(index, sent, response)
        except SubgraphError as error:
            # An open breaker has been told of by the failures that opened it.
            _log.log(logging.DEBUG if error.failure == "breaker_open" else logging.WARNING, error)
            outcome = error.failure
            self._fail(index, sent, is_late=outcome == "timeout" and context.is_over())
        except Exception:  # noqa: BLE001 - one fetch must not take the others with it
            _log.exception("fetch from subgraph %s failed unexpectedly", template.subgraph)
            outcome = "unreachable"
            self._fail(index, sent)
        duration_s = monotonic() - started_s
        size = len(request.body)
        context.observations.fetches.append(
            FetchObservation(template.subgraph, started_s, duration_s, outcome, 0, size)
            if response is None
            else FetchObservation(
                template.subgraph,
                started_s,
                duration_s,
                "shared" if response.is_shared else outcome,
                response.status,
                size,
                len(response.body),
                response.attempts,
            )
        )

    def _gather(self, index: int) -> Sequence[SentCall] | None:
        """The entity calls that a fetch sends, none for root fields; None: it need not be sent."""
        fetch = self._variant.compiled.fetches[index]
        if fetch is None:
            return None
        if fetch.fetch.entity_calls:
            sent, is_whole = fetch.gather(self.root, is_regular=self.is_regular)
            if not is_whole:
                self.is_regular = False
            return sent or None
        if self._templates[index].is_mutation and self._is_lost(fetch):
            return None
        if fetch.fetch.path and not locate(self.root, fetch.fetch.path):
            return None  # the object whose field asks for the query type anew is not there
        return ()

    def _take(
        self, index: int, sent: Sequence[SentCall], response: SubgraphResponse
    ) -> FetchOutcome:
        fetch, root = self._fetch(index), self.root
        answer = fetch.read(response)
        if answer.errors:
            self.trouble.take(fetch, Places(fetch.fetch, root, sent), answer)
        if answer.data is None or not fetch.merge(root, answer, sent):
            self.is_regular = False
        if sent:
            self._sent += sent
        return "errors" if answer.errors else "ok"

    def _fail(self, index: int, sent: Sequence[SentCall], *, is_late: bool = False) -> None:
        self.is_regular = False
        fetch = self._fetch(index)
        self.trouble.fail(fetch, Places(fetch.fetch, self.root, sent), is_late=is_late)

    def _is_lost(self, fetch: CompiledFetch) -> bool:
        """Whether a mutation's `data` is null already, so that its further fields do not run.

        The fetches of a mutation are in the client's order, each after all that belongs to those
        before it.
        """
        completion = Completion(ErrorPaths(()), lambda _: True)
        return completion.is_lost(self._variant.selection, self.root, before=fetch.selected_keys)

    def _fetch(self, index: int) -> CompiledFetch:
        fetch = self._variant.compiled.fetches[index]
        if fetch is None:
            msg = f"fetch {index} was sent although its conditions do not hold"
            raise PlanBugError(msg)
        return fetch

    def answer(self) -> ExecutionResult:
        """The result: the tree, projected to what the client selected."""
        if self._passed is not None:
            return ExecutionResult([], self._passed)
        for key, value in self.introspected.items():
            setattr(self.root, attribute(key), value)
        data = self._projected() if self.is_regular else None
        if data is None or self._trouble is not None:
            return self.trouble.answer(self.root, data)
        return ExecutionResult([], _encode(_Response(data)))

    def _projected(self) -> object:
        """What encodes as `data`; None if the tree is not as the plan promises after all."""
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
        return data
