"""Wiring: settings in, a router out; the only place that knows them both."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from router.app.router import Background, Close, MakeClient, Router, RouterOptions
from router.app.supergraph_file import SupergraphFile
from router.errors import StartupError
from router.policies.client_address import TrustedProxies
from router.policies.headers import HeaderPropagation
from router.policies.limits import Limits
from router.policies.overrides import OverrideLabels
from router.policies.persisted_operations import PersistedOperations, load_manifest
from router.policies.policy_set import PolicySet
from router.policies.rate_limit import Rate, RateLimits
from router.policies.subgraph_errors import SubgraphErrorMask
from router.server.cors import Cors
from router.server.graphql_http import HttpOptions
from router.server.surroundings import GraphiQL
from router.settings import (
    IssuerSettings,
    RouterSettings,
    Structure,
    SubgraphSettings,
    load_structure,
)
from router.telemetry.logging import configure_logging
from router.telemetry.operation_log import LineWriter, OperationLog
from router.telemetry.tracing import Tracing, otlp_exporter
from router.transport import CircuitBreaker, HttpSubgraph, Retrying, SharedInFlight

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from router.execution import SubgraphClient
    from router.policies.authentication import Authentication
    from router.policies.revocations import Revocations
    from router.policies.shared_counts import SharedStorage
    from router.supergraph import Subgraph
    from router.telemetry.usage import Usage

_logger = logging.getLogger("router.app")

_WEB_TIMEOUT_S = 5.0
_SUBGRAPH_SHARE = 0.8
"""Of the time for an operation: a hanging subgraph costs its fields and not the whole answer."""


def build_router(settings: RouterSettings) -> Router:
    """Wire the router that the settings describe.

    Raises:
        StartupError: Names the setting or file that is wrong.
    """
    configure_logging(settings.log_level, settings.log_format)
    structure = load_structure(settings.config)
    tokens = _tokens(settings, structure)
    storage = _rate_limit_storage(settings)
    file = SupergraphFile(settings.supergraph, settings.supergraph_poll)
    options = RouterOptions(
        policies=_policies(settings, structure, tokens.authentication, storage),
        http=HttpOptions(
            max_body_bytes=settings.max_body,
            max_concurrent_requests=settings.max_concurrent_requests,
            max_batch=settings.max_batch,
            compression_min_bytes=settings.compression_min,
            cors=Cors(settings.cors_origins),
        ),
        path=settings.path,
        graphiql=GraphiQL(settings.graphiql_welcome, settings.path) if settings.graphiql else None,
        operation_log=OperationLog(LineWriter(sys.stdout.buffer), settings.log_format)
        if settings.log_operations
        else None,
        tracing=_tracing(settings),
        usage=_usage(settings),
        has_metrics=settings.metrics,
        make_client=_client_maker(settings, structure),
        background=(file.follow, *tokens.background),
        resources=(*tokens.resources, *((storage.aclose,) if storage is not None else ())),
    )
    router = Router(file.read(), options=options)
    _refuse_unknown_subgraphs(settings, structure, router)
    if tokens.revocations:
        router.metrics.add_gauge(
            "router_revocations_age_seconds",
            "Time since an issuer last told its ended sessions; the oldest of all issuers.",
            lambda: max(feed.age_s() for feed in tokens.revocations),
        )
    if router.pipeline.engine.supergraph.security and tokens.authentication is None:
        _logger.warning(
            "The supergraph has authorization directives, but ROUTER_JWKS_URL is not set: "
            "tokens are forwarded, and the subgraphs alone decide"
        )
    return router


def _refuse_unknown_subgraphs(
    settings: RouterSettings, structure: Structure, router: Router
) -> None:
    known = router.pipeline.engine.supergraph.subgraphs
    for source, names in (
        ("ROUTER_SUBGRAPH_URLS", settings.subgraph_urls),
        ("ROUTER_CONFIG", structure.subgraphs),
    ):
        unknown = sorted(names.keys() - known.keys())
        if unknown:
            msg = f"{source}: no subgraph named {unknown[0]}; there is {', '.join(known)}"
            raise StartupError(msg)


class _Tokens(NamedTuple):
    """What checking tokens needs; empty where they are only forwarded."""

    authentication: Authentication | None = None
    background: tuple[Background, ...] = ()
    revocations: tuple[Revocations, ...] = ()
    resources: tuple[Close, ...] = ()


def _tokens(settings: RouterSettings, structure: Structure) -> _Tokens:
    described = list(structure.issuers)
    if settings.jwks_url is not None:
        described.insert(
            0,
            IssuerSettings(
                issuer=settings.jwt_issuer,
                jwks_url=settings.jwks_url,
                audience=settings.jwt_audience,
                type=settings.jwt_type,
                revocations_url=settings.revocations_url,
            ),
        )
    if not described:
        return _Tokens()
    # Loaded where tokens are checked: cryptography takes 10 MiB.
    import httpx  # noqa: PLC0415

    from router.policies.authentication import Authentication, Issuer  # noqa: PLC0415
    from router.policies.jwks import KeySet  # noqa: PLC0415
    from router.policies.revocations import Revocations  # noqa: PLC0415

    web = httpx.AsyncClient(timeout=_WEB_TIMEOUT_S)
    issuers: list[Issuer] = []
    followers: list[Callable[[], Coroutine[Any, Any, None]]] = []
    for each in described:
        keys = KeySet(each.jwks_url, web, time.monotonic, cache_ttl_s=settings.jwks_cache_ttl)
        followers.append(keys.follow)
        revocations: Revocations | None = None
        if each.revocations_url is not None:
            revocations = Revocations(
                each.revocations_url, web, keys, issuer=each.issuer, audience=each.audience
            )
            followers.append(revocations.follow)
        issuers.append(Issuer(each.issuer, each.audience, each.type, keys, revocations))
    background = tuple(_without_router(follow) for follow in followers)
    feeds = tuple(each.revocations for each in issuers if each.revocations is not None)
    return _Tokens(Authentication(issuers), background, feeds, (web.aclose,))


def _without_router(follow: Callable[[], Coroutine[Any, Any, None]]) -> Background:
    return lambda _: follow()


def _tracing(settings: RouterSettings) -> Tracing | None:
    if settings.otel_exporter_otlp_endpoint is None:
        return None
    return Tracing(otlp_exporter(settings.otel_exporter_otlp_endpoint))


def _usage(settings: RouterSettings) -> Usage | None:
    if settings.usage_file is None:
        return None
    from router.telemetry.usage import Usage  # noqa: PLC0415 (needs file locks)

    return Usage(settings.usage_file, interval_s=settings.usage_interval)


def _policies(
    settings: RouterSettings,
    structure: Structure,
    authentication: Authentication | None,
    storage: SharedStorage | None,
) -> PolicySet:
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
        authentication=authentication,
        authorization=settings.authorization if authentication is not None else "off",
        rate_limits=_rate_limits(settings, structure, storage),
        explains_cost=settings.explain_cost,
        allows_introspection=settings.introspection,
        hides_suggestions=not settings.suggestions,
        timeout_s=settings.timeout,
        override_labels=OverrideLabels(settings.override_labels),
    )


def _rate_limits(
    settings: RouterSettings, structure: Structure, storage: SharedStorage | None
) -> RateLimits | None:
    anonymous, user = settings.rate_limit_anonymous, settings.rate_limit_user
    fields = {name: rate for name, rate in structure.field_rate_limits.items() if rate}
    if anonymous is None and user is None and not fields:
        return None
    return RateLimits(
        anonymous=Rate(*anonymous) if anonymous else None,
        user=Rate(*user) if user else None,
        fields={name: Rate(*rate) for name, rate in fields.items()},
        shared=storage.counts if storage is not None else None,
    )


def _rate_limit_storage(settings: RouterSettings) -> SharedStorage | None:
    """None: counted in this process."""
    if settings.rate_limit_url == "memory://":
        return None
    try:
        # Loaded where it is used: most routers count in memory.
        from router.policies.shared_counts import SharedStorage  # noqa: PLC0415
    except ImportError as error:
        msg = "ROUTER_RATE_LIMIT_URL needs the client for Valkey: pip install valkey"
        raise StartupError(msg) from error
    return SharedStorage(settings.rate_limit_url)


def _client_maker(settings: RouterSettings, structure: Structure) -> MakeClient:
    timeout_s = settings.subgraph_timeout or _SUBGRAPH_SHARE * settings.timeout

    def make(subgraph: Subgraph) -> SubgraphClient:
        own = structure.subgraphs.get(subgraph.name, SubgraphSettings())
        url = own.url or settings.subgraph_urls.get(subgraph.name, subgraph.url)
        retries = settings.subgraph_retries if own.retries is None else own.retries
        client: SubgraphClient = HttpSubgraph(
            url,
            timeout_s=own.timeout or timeout_s,
            max_connections=own.max_connections or settings.subgraph_max_connections,
            max_response_bytes=settings.subgraph_max_response,
        )
        if retries:
            client = Retrying(client, retries=retries)
        if settings.subgraph_breaker_failures is not None:
            client = CircuitBreaker(
                client,
                failures=settings.subgraph_breaker_failures,
                pause_s=settings.subgraph_breaker_pause,
            )
        return SharedInFlight(client)

    return make
