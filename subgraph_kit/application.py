"""A subgraph as one ASGI application: the GraphQL endpoint, and FastAPI for what is around it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import APIRouter, FastAPI

from subgraph_kit.graphql_endpoint import GraphQLEndpoint, Receive, Scope, Send

GRAPHQL_PATH = "/graphql"


class SubgraphApplication:
    """GraphQL by itself on its path, so that its requests pass through no other layer.

    Args:
        endpoint: Of `/graphql`.
        routes: Health, metrics and whatever else the subgraph serves.
        lifespan: What is open while the application runs.
    """

    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        *routes: APIRouter,
        lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ) -> None:
        self._endpoint = endpoint
        self._routes = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        for router in routes:
            self._routes.include_router(router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHQL_PATH:
            await self._endpoint(scope, receive, send)
        else:
            await self._routes(scope, receive, send)
