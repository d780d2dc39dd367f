"""Wiring: settings in, a router out; the only place that knows them both."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import httpx

from router.app.router import Background, MakeClient, Router, RouterOptions
from router.app.supergraph_file import SupergraphFile
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
from router.server.cors import Cors
from router.server.graphql_http import HttpOptions
from router.server.surroundings import GraphiQL
from router.telemetry.logging import configure_logging
from router.telemetry.operation_log import LineWriter, OperationLog
from router.transport import HttpSubgraph

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from router.execution import SubgraphClient
    from router.settings import RouterSettings
    from router.supergraph import Subgraph

_WEB_TIMEOUT_S = 5.0


def build_router(settings: RouterSettings) -> Router:
    """Wire the router that the settings describe.

    Raises:
        StartupError: Names the setting or file that is wrong.
    """
    configure_logging(settings.log_level, settings.log_format)
    web = httpx.AsyncClient(timeout=_WEB_TIMEOUT_S)
    issuers = _issuers(settings, web)
    policies = _policies(settings, issuers)
    file = SupergraphFile(settings.supergraph, settings.supergraph_poll)
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
        background=(file.follow, *_followers(issuers)),
        resources=(web.aclose,),
    )
    return Router(file.read(), options=options)


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


def _followers(issuers: tuple[Issuer, ...]) -> list[Background]:
    followers: list[Background] = []
    for issuer in issuers:
        followers.append(_without_router(issuer.keys.follow))
        if issuer.revocations is not None:
            followers.append(_without_router(issuer.revocations.follow))
    return followers


def _without_router(follow: Callable[[], Coroutine[Any, Any, None]]) -> Background:
    return lambda _: follow()
