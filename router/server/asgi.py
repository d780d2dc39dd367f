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
    """Sends `/graphql` and `/graphql/` to the endpoint and everything else to the surroundings.

    A browser that opens the endpoint is sent on to GraphiQL, if that is served.
    """

    __slots__ = ("_endpoint", "_has_page", "_lifespan", "_paths", "_surroundings")

    def __init__(
        self,
        endpoint: GraphQLEndpoint,
        surroundings: ASGIApp,
        lifespan: Lifespan,
        path: str = "/graphql",
        *,
        has_page: bool = False,
    ) -> None:
        self._endpoint = endpoint
        self._surroundings = surroundings
        self._lifespan = lifespan
        self._paths = (path, f"{path}/")
        self._has_page = has_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            if self._has_page and self._is_visit(scope):
                await self._send_to_page(send)
            elif scope["path"] in self._paths:
                await self._endpoint(scope, receive, send)
            else:
                await self._surroundings(scope, receive, send)
        elif kind == "lifespan":
            await self._live(receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4404, "reason": "Not answered here"})

    def _is_visit(self, scope: Scope) -> bool:
        """Whether somebody has typed the endpoint's address into a browser."""
        return (
            scope["method"] == "GET"
            and scope["path"] == self._paths[0]
            and not scope["query_string"]
            and b"text/html" in dict(scope["headers"]).get(b"accept", b"")
        )

    async def _send_to_page(self, send: Send) -> None:
        # Relative, since a proxy may have taken a prefix off the path.
        to_root = "./" + "../" * (self._paths[0].count("/") - 1)
        headers = [(b"location", to_root.encode()), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run the router from the server's start-up to its shutdown."""
        await receive()
        async with self._lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
