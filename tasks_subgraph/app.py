"""Composition root of `serve`: settings in, ASGI application out."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
import structlog
from fastapi import FastAPI

from subgraph_kit.application import SubgraphApplication
from subgraph_kit.client_address import TrustedProxies
from subgraph_kit.clock import utc_now
from subgraph_kit.cursors import CursorCodec
from subgraph_kit.database import Database
from subgraph_kit.graphql_endpoint import GraphQLEndpoint
from subgraph_kit.health import health_routes
from subgraph_kit.metrics import metrics_routes
from subgraph_kit.remote_keys import RemoteKeys
from subgraph_kit.request_context import RequestContext, RequestReader
from subgraph_kit.revocations import RevocationFollower, Revocations
from subgraph_kit.schema_version import migrated
from subgraph_kit.tokens import Authenticator, TokenVerifier
from tasks_subgraph.api.context import TasksContext
from tasks_subgraph.api.schema import schema
from tasks_subgraph.migrations import FOLDER
from tasks_subgraph.services.commands import TaskCommands
from tasks_subgraph.services.queries import TaskQueries
from tasks_subgraph.settings import TasksSettings

log = structlog.get_logger()

SERVICE = "tasks"


def create_app(
    settings: TasksSettings,
    *,
    client: httpx.AsyncClient | None = None,
    now: Callable[[], datetime] = utc_now,
) -> SubgraphApplication:
    """Wire everything; connections are made when first used, closed with the application.

    Args:
        settings: Of this process.
        client: To reach auth with; one of its own by default.
        now: The clock.
    """
    client = client or httpx.AsyncClient()
    keys = RemoteKeys(settings.jwks_url, client, ttl_s=settings.jwks_cache_ttl.total_seconds())
    issuer, audience = settings.jwt_issuer, settings.jwt_audience
    revocations = Revocations()
    follower = RevocationFollower(
        settings.revocations_url, client, keys, revocations, issuer=issuer, audience=audience
    )
    verifier = TokenVerifier(keys, issuer=issuer, audience=audience)
    authenticator = Authenticator(verifier, revocations)
    database = Database(
        settings.database_url.get_secret_value(),
        application_name=SERVICE,
        pool_size=settings.db_pool_size,
    )
    queries = TaskQueries(database, now=now)
    commands = TaskCommands(
        database,
        now=now,
        max_tasks_per_user=settings.max_per_user,
        idempotency_ttl=settings.idempotency_ttl,
    )
    cursors = CursorCodec(_cursor_key(settings))

    def context(request: RequestContext) -> TasksContext:
        return TasksContext(request, queries, commands, cursors)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with client, asyncio.TaskGroup() as group:
            following = group.create_task(follower.run())
            yield
            following.cancel()
        await database.close()

    endpoint = GraphQLEndpoint(
        schema,
        service=SERVICE,
        requests=RequestReader(authenticator, TrustedProxies(settings.trusted_proxies)),
        context=context,
        is_introspection_allowed=not settings.is_production,
    )
    return SubgraphApplication(
        endpoint,
        health_routes({"database": database.ping, "migrations": migrated(database, FOLDER)}),
        metrics_routes(),
        lifespan=lifespan,
    )


def _cursor_key(settings: TasksSettings) -> bytes:
    if settings.cursor_key is not None:
        return settings.cursor_key.get_secret_value().encode()
    log.warning("signing cursors with a key made up now: they end with this process")
    return secrets.token_bytes(32)
