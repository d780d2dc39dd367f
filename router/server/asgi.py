"""The router as an ASGI application: which part answers which path."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from router.server.graphql_http import GraphQLEndpoint

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


class AsgiApplication:
    """Sends `/graphql` and `/graphql/` to the endpoint and everything else to the surroundings."""

    __slots__ = ("_endpoint", "_lifespan", "_paths", "_surroundings")

    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        surroundings: ASGIApp,
        lifespan: Lifespan,
        path: str = "/graphql",
    ) -> None:
        self._endpoint = endpoint
        self._surroundings = surroundings
        self._lifespan = lifespan
        self._paths = (path, f"{path}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            if scope["path"] in self._paths:
                await self._endpoint(scope, receive, send)
            else:
                await self._surroundings(scope, receive, send)
        elif kind == "lifespan":
            await self._live(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4404, "reason": "Not answered here"})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run the router from the server's start-up to its shutdown."""
        await receive()
        async with self._lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
