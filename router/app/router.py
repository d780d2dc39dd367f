"""The router: a supergraph, its clients, policies and telemetry as one object."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from router.app.memory import FreeMemory, keep_freed_memory
from router.errors import StartupError
from router.execution import SubgraphClient
from router.observations import Observations
from router.pipeline.deadlines import current_task
from router.pipeline.engine import Engine
from router.pipeline.handle import Pipeline
from router.pipeline.identify import request_id
from router.pipeline.request import Caller, GraphQLRequest
from router.pipeline.respond import give_up
from router.policies.policy_set import PolicySet
from router.server.asgi import AsgiApplication
from router.server.graphql_http import GraphQLEndpoint, HttpOptions
from router.server.surroundings import GraphiQL, surroundings
from router.supergraph import Subgraph, Supergraph, load_supergraph
from router.telemetry.metrics import CONTENT_TYPE, RouterMetrics
from router.transport import HttpSubgraph, SharedInFlight

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from router.telemetry.operation_log import OperationLog
    from router.telemetry.tracing import Tracing
    from router.telemetry.usage import Usage

MakeClient = Callable[[Subgraph], SubgraphClient]
Background = Callable[["Router"], Coroutine[Any, Any, None]]
Close = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class RouterOptions:
    """Everything about a router but its supergraph and clients.

    Attributes:
        policies: What requests may do.
        http: How the endpoint treats HTTP.
        path: Of the endpoint.
        graphiql: None: no page at `/`.
        operation_log: None: no line an operation.
        tracing: None: no spans; the client's trace context is passed on.
        usage: None: no usage file.
        has_metrics: Serve `/metrics`.
        make_client: For subgraphs without a client of their own.
        background: Run from start-up to shutdown, in one task each.
        resources: How to close what the policies hold open; done last.
    """

    policies: PolicySet = field(default_factory=PolicySet)
    http: HttpOptions = field(default_factory=HttpOptions)
    path: str = "/graphql"
    graphiql: GraphiQL | None = None
    operation_log: OperationLog | None = None
    tracing: Tracing | None = None
    usage: Usage | None = None
    has_metrics: bool = True
    make_client: MakeClient = lambda subgraph: SharedInFlight(HttpSubgraph(subgraph.url))
    background: Sequence[Background] = ()
    resources: Sequence[Close] = ()


class Router:
    """A federated GraphQL API: an ASGI application, and an executor for Python code.

    As an ASGI application it opens and closes its clients with the server's lifespan; for
    `execute` alone, close it with `aclose` or use it as an asynchronous context manager.
    """

    def __init__(
        self,
        supergraph: Supergraph | str,
        clients: Mapping[str, SubgraphClient] | None = None,
        options: RouterOptions | None = None,
    ) -> None:
        """Wire a router.

        Args:
            supergraph: Loaded, or its SDL.
            clients: How to reach subgraphs, by name; those left out are reached over HTTP at the
                address that the supergraph names.
            options: Defaults suit trusted callers in one process.

        Raises:
            StartupError: The supergraph cannot be used, or a client is for no subgraph of it.
        """
        self.options = options or RouterOptions()
        self.metrics = RouterMetrics()
        self._free_memory = FreeMemory()
        self._given_clients = dict(clients or {})
        policies = replace(self.options.policies, notes_use=self.options.usage is not None)
        self.pipeline = Pipeline(self._engine(supergraph), policies)
        self.endpoint = GraphQLEndpoint(
            self.pipeline,
            self.options.http,
            self._observe,
            self.options.tracing.begin if self.options.tracing is not None else None,
        )
        self._is_serving = False
        self._application = AsgiApplication(
            self.endpoint,
            surroundings(
                lambda: self._is_serving,
                self.metrics.text if self.options.has_metrics else None,
                CONTENT_TYPE,
                self.options.graphiql,
                self.options.path,
            ),
            self._lifespan,
            self.options.path,
            has_page=self.options.graphiql is not None,
        )
        self.raw_path = self.options.path.encode()
        self.metrics.add_gauge(
            "router_requests_in_flight",
            "Requests that are being answered.",
            lambda: self.endpoint.in_flight,
        )
        self.metrics.add_gauge(
            "router_operations_known",
            "Operations kept ready for execution.",
            lambda: len(self.pipeline.engine.operations),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI application."""
        await self._application(scope, receive, send)

    async def __aenter__(self) -> Router:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Execute an operation as a client's request with these headers would be."""
        raw = {
            name.lower().encode(): value.encode("latin-1")
            for name, value in (headers or {}).items()
        }
        observations = Observations(request_id(raw.get(b"x-request-id")))
        request = GraphQLRequest(query, operation_name, dict(variables or {}))
        caller = Caller("POST", raw)
        deadlines, task = self.pipeline.deadlines, current_task()
        deadline = deadlines.begin(task)
        try:
            answer = await self.pipeline.handle(request, caller, observations, deadline)
        except asyncio.CancelledError:
            if not deadlines.end(task):
                raise
            answer = give_up(observations)
        finally:
            deadlines.end(task)
        observations.status = answer.status
        self._observe(observations)
        decoded: dict[str, Any] = msgspec.json.decode(answer.body)
        return decoded

    async def replace_supergraph(self, supergraph: Supergraph | str) -> None:
        """Serve new requests with another supergraph; running ones end with theirs.

        Raises:
            StartupError: It cannot be used; the one before stays.
        """
        before = self.pipeline.engine
        try:
            # Reading a large supergraph takes seconds, in which requests go on being answered.
            after = await asyncio.to_thread(self._engine, supergraph, before)
        except Exception:
            self.metrics.count_reload(is_taken=False)
            raise
        self.pipeline.engine = after
        self.metrics.count_reload(is_taken=True)
        kept = {id(client) for client in after.clients.values()}
        await before.drained()
        before.close()
        for name, client in before.clients.items():
            if id(client) not in kept and name not in self._given_clients:
                await client.aclose()

    async def aclose(self) -> None:
        """Close the clients."""
        self.pipeline.engine.close()
        for client in self.pipeline.engine.clients.values():
            await client.aclose()

    def _engine(self, supergraph: Supergraph | str, before: Engine | None = None) -> Engine:
        loaded = load_supergraph(supergraph) if isinstance(supergraph, str) else supergraph
        unknown = sorted(self._given_clients.keys() - loaded.subgraphs.keys())
        if unknown:
            msg = (
                f"no subgraph named {', '.join(unknown)}: "
                f"the supergraph has {', '.join(loaded.subgraphs)}"
            )
            raise StartupError(msg)
        clients = {
            name: self._client(subgraph, before) for name, subgraph in loaded.subgraphs.items()
        }
        try:
            return Engine(loaded, clients)
        except TypeError as error:  # graphql-core's word for a type that is nowhere
            msg = f"the supergraph is no valid schema: {error}"
            raise StartupError(msg) from error

    def _client(self, subgraph: Subgraph, before: Engine | None) -> SubgraphClient:
        """The given client, the one in use if the address stayed, or a new one."""
        given = self._given_clients.get(subgraph.name)
        if given is not None:
            return given
        if before is not None:
            known = before.supergraph.subgraphs.get(subgraph.name)
            if known is not None and known.url == subgraph.url:
                return before.clients[subgraph.name]
        return self.options.make_client(subgraph)

    def _observe(self, observations: Observations) -> None:
        now_s = time.monotonic()
        self.metrics.observe(observations, now_s)
        if self.options.operation_log is not None:
            self.options.operation_log.observe(observations, now_s)
        if self.options.tracing is not None:
            self.options.tracing.end(observations, now_s)
        if self.options.usage is not None:
            self.options.usage.observe(observations)
        self._free_memory.observe(observations)

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as closing:
            for close in self.options.resources:
                closing.push_async_callback(close)
            if self.options.tracing is not None:
                closing.callback(self.options.tracing.close)
            usage = self.options.usage
            if usage is not None:
                closing.push_async_callback(usage.write)
            closing.push_async_callback(self.aclose)
            tasks = await closing.enter_async_context(asyncio.TaskGroup())
            running = [tasks.create_task(run(self)) for run in self.options.background]
            if usage is not None:
                running.append(tasks.create_task(usage.follow()))
            # What was made so far lives as long as the process: the collector need not look at it.
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 5, 2)
            keep_freed_memory()
            self._is_serving = True
            try:
                yield
            finally:
                self._is_serving = False
                for task in running:
                    task.cancel()
