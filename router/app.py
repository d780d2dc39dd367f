"""The composition root: a supergraph, its clients, policies and telemetry become one router."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from router.errors import StartupError
from router.execution import SubgraphClient
from router.observations import Observations
from router.pipeline.engine import Engine
from router.pipeline.handle import Pipeline
from router.pipeline.identify import request_id
from router.pipeline.request import Caller, GraphQLRequest
from router.policies.authentication import Authentication, Issuer
from router.policies.client_address import TrustedProxies
from router.policies.headers import HeaderPropagation
from router.policies.jwks import KeySet
from router.policies.limits import Limits
from router.policies.persisted_operations import PersistedOperations, load_manifest
from router.policies.policy_set import PolicySet
from router.policies.rate_limit import Rate, RateLimits
from router.policies.revocations import Revocations
from router.policies.subgraph_errors import SubgraphErrorMask
from router.server.asgi import AsgiApplication
from router.server.cors import Cors
from router.server.graphql_http import GraphQLEndpoint, HttpOptions
from router.server.surroundings import GraphiQL, surroundings
from router.supergraph import Subgraph, Supergraph, load_supergraph
from router.telemetry.logging import configure_logging
from router.telemetry.metrics import CONTENT_TYPE, RouterMetrics
from router.telemetry.operation_log import LineWriter, OperationLog
from router.transport import HttpSubgraph

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from router.settings import RouterSettings

MakeClient = Callable[[Subgraph], SubgraphClient]
Background = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class RouterOptions:
    """Everything about a router but its supergraph and clients.

    Attributes:
        policies: What requests may do.
        http: How the endpoint treats HTTP.
        path: Of the endpoint.
        graphiql: None: no page at `/`.
        operation_log: None: no line an operation.
        has_metrics: Serve `/metrics`.
        make_client: For subgraphs without a client of their own.
        background: Run from start-up to shutdown, in one task each.
        resources: Closed last.
    """

    policies: PolicySet = field(default_factory=PolicySet)
    http: HttpOptions = field(default_factory=HttpOptions)
    path: str = "/graphql"
    graphiql: GraphiQL | None = None
    operation_log: OperationLog | None = None
    has_metrics: bool = True
    make_client: MakeClient = lambda subgraph: HttpSubgraph(subgraph.url)
    background: Sequence[Background] = ()
    resources: Sequence[Background] = ()


_WEB_TIMEOUT_S = 5.0


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
        self._given_clients = dict(clients or {})
        self.pipeline = Pipeline(self._engine(supergraph), self.options.policies)
        self._endpoint = GraphQLEndpoint(self.pipeline, self.options.http, self._observe)
        self._is_serving = False
        self._application = AsgiApplication(
            self._endpoint,
            surroundings(
                lambda: self._is_serving,
                self.metrics.text if self.options.has_metrics else None,
                CONTENT_TYPE,
                self.options.graphiql,
            ),
            self._lifespan,
            self.options.path,
        )
        self.metrics.add_gauge(
            "router_requests_in_flight",
            "Requests that are being answered.",
            lambda: self._endpoint.in_flight,
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
        answer = await self.pipeline.handle(request, Caller("POST", raw), observations)
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
        self.pipeline.engine = self._engine(supergraph, before)
        kept = {id(client) for client in self.pipeline.engine.clients.values()}
        await before.drained()
        for name, client in before.clients.items():
            if id(client) not in kept and name not in self._given_clients:
                await client.aclose()

    async def aclose(self) -> None:
        """Close the clients."""
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
        return Engine(loaded, clients)

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

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as closing:
            for close in self.options.resources:
                closing.push_async_callback(close)
            closing.push_async_callback(self.aclose)
            tasks = await closing.enter_async_context(asyncio.TaskGroup())
            running = [tasks.create_task(run()) for run in self.options.background]
            # What was made so far lives as long as the process: the collector need not look at it.
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 50)
            self._is_serving = True
            try:
                yield
            finally:
                self._is_serving = False
                for task in running:
                    task.cancel()


def build_router(settings: RouterSettings) -> Router:
    """Wire the router that the settings describe.

    Raises:
        StartupError: Names the setting or file that is wrong.
    """
    configure_logging(settings.log_level, settings.log_format)
    web = httpx.AsyncClient(timeout=_WEB_TIMEOUT_S)
    issuers = _issuers(settings, web)
    policies = _policies(settings, issuers)
    options = RouterOptions(
        policies=policies,
        http=HttpOptions(
            max_body_bytes=settings.max_body,
            max_concurrent_requests=settings.max_concurrent_requests,
            max_batch=settings.max_batch,
            compression_min_bytes=settings.compression_min,
            cors=Cors(settings.cors_origins),
        ),
        path=settings.path,
        graphiql=GraphiQL(settings.graphiql_welcome) if settings.graphiql else None,
        operation_log=OperationLog(LineWriter(sys.stdout.buffer), settings.log_format)
        if settings.log_operations
        else None,
        has_metrics=settings.metrics,
        make_client=_client_maker(settings),
        background=_background(issuers),
        resources=(web.aclose,),
    )
    return Router(read_supergraph(settings.supergraph), options=options)


def read_supergraph(path: Path) -> str:
    """The text of a supergraph file.

    Raises:
        StartupError: It cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except OSError as error:
        msg = f"supergraph file {path}: {error.strerror}"
        raise StartupError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"supergraph file {path} is not UTF-8"
        raise StartupError(msg) from error


def _issuers(settings: RouterSettings, web: httpx.AsyncClient) -> tuple[Issuer, ...]:
    if settings.jwks_url is None:
        return ()
    keys = KeySet(settings.jwks_url, web, time.monotonic, cache_ttl_s=settings.jwks_cache_ttl)
    revocations = None
    if settings.revocations_url is not None:
        revocations = Revocations(
            settings.revocations_url,
            web,
            keys,
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
        )
    return (
        Issuer(settings.jwt_issuer, settings.jwt_audience, settings.jwt_type, keys, revocations),
    )


def _policies(settings: RouterSettings, issuers: tuple[Issuer, ...]) -> PolicySet:
    manifest = None
    if settings.persisted_operations is not None:
        manifest = load_manifest(settings.persisted_operations)
    return PolicySet(
        limits=Limits(
            max_depth=settings.max_depth,
            max_aliases=settings.max_aliases,
            max_root_fields=settings.max_root_fields,
            max_tokens=settings.max_tokens,
            max_directives=settings.max_directives,
            max_fields=settings.max_fields,
            max_cost=settings.max_cost,
            single_mutations=frozenset(settings.single_mutations),
        ),
        headers=HeaderPropagation(settings.forward_headers),
        trusted_proxies=TrustedProxies(settings.trusted_proxies),
        error_mask=SubgraphErrorMask(is_masking=settings.mask_subgraph_errors),
        persisted=PersistedOperations(
            manifest,
            is_automatic=settings.apq,
            is_required=settings.persisted_operations_only,
        ),
        authentication=Authentication(issuers) if issuers else None,
        authorization=settings.authorization if issuers else "off",
        rate_limits=_rate_limits(settings),
        allows_introspection=settings.introspection,
        hides_suggestions=not settings.suggestions,
        timeout_s=settings.timeout,
    )


def _rate_limits(settings: RouterSettings) -> RateLimits | None:
    anonymous, user = settings.rate_limit_anonymous, settings.rate_limit_user
    if anonymous is None and user is None:
        return None
    return RateLimits(
        anonymous=Rate(*anonymous) if anonymous else None,
        user=Rate(*user) if user else None,
        storage_url=settings.rate_limit_url,
    )


def _client_maker(settings: RouterSettings) -> MakeClient:
    def make(subgraph: Subgraph) -> SubgraphClient:
        url = settings.subgraph_urls.get(subgraph.name, subgraph.url)
        return HttpSubgraph(url, timeout_s=settings.subgraph_timeout or 0.8 * settings.timeout)

    return make


def _background(issuers: tuple[Issuer, ...]) -> tuple[Background, ...]:
    tasks: list[Background] = []
    for issuer in issuers:
        tasks.append(issuer.keys.follow)
        if issuer.revocations is not None:
            tasks.append(issuer.revocations.follow)
    return tuple(tasks)
