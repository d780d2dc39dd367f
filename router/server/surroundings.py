"""What stands around the endpoint: health, metrics and GraphiQL."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

_STATIC = Path(__file__).parent / "static"
_HASHED_NAME = re.compile(r".+-[A-Za-z0-9_-]{8}\.(?:js|css|ttf)")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".graphql": "application/graphql; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
}
_SHIPPED_ENDPOINT = b'"graphql-endpoint" content="graphql"'
_MIN_COMPRESSED_BYTES = 1024
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MAX_NAME_CHARACTERS = 200
"""Longer ones are none of ours, and the file system refuses even to look."""


@dataclass(frozen=True, slots=True)
class GraphiQL:
    """The page at `/`.

    Attributes:
        welcome: Text of the first visit; None: the one shipped.
        endpoint: Path of the GraphQL endpoint.
    """

    welcome: Path | None = None
    endpoint: str = "/graphql"


def surroundings(
    is_ready: Callable[[], bool],
    metrics_text: Callable[[], bytes] | None,
    metrics_content_type: str,
    graphiql: GraphiQL | None,
    endpoint: str = "/graphql",
) -> Router:
    """An ASGI application for every path but the endpoint's.

    Args:
        is_ready: Whether new requests are welcome.
        metrics_text: In Prometheus's format; None: no `/metrics`.
        metrics_content_type: Of that text.
        graphiql: None: no page at `/`.
        endpoint: Path of the GraphQL endpoint, for those who have missed it.
    """

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        if is_ready():
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "not ready"}, status_code=503)

    def nothing_here(_: Request) -> Response:
        return PlainTextResponse(
            f"Nothing is here: the GraphQL endpoint is {endpoint}.\n", status_code=404
        )

    routes = [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/health", ready),
    ]
    if metrics_text is not None:
        text = metrics_text

        async def metrics(_: Request) -> Response:
            return Response(text(), media_type=metrics_content_type)

        routes.append(Route("/metrics", metrics))
    if graphiql is not None:
        routes += _graphiql_routes(graphiql)
    everything_else = Route("/{path:path}", nothing_here, methods=_METHODS)
    return Router([*routes, everything_else])


def _graphiql_routes(graphiql: GraphiQL) -> list[Route]:
    async def page(request: Request) -> Response:
        headers = {"X-Frame-Options": "DENY"}
        return _file(request, _STATIC / "index.html", headers, graphiql.endpoint)

    async def part(request: Request) -> Response:
        name = request.path_params["name"]
        path = _STATIC / "graphiql" / name
        if name == "welcome.graphql" and graphiql.welcome is not None:
            path = graphiql.welcome
        return _file(request, path, {})

    return [Route("/", page), Route("/graphiql/{name}", part)]


def _file(
    request: Request, path: Path, headers: dict[str, str], endpoint: str | None = None
) -> Response:
    content_type = _CONTENT_TYPES.get(path.suffix)
    if content_type is None or len(path.name) > _MAX_NAME_CHARACTERS or not path.is_file():
        return JSONResponse({"status": "not found"}, status_code=404)
    is_immutable = _HASHED_NAME.fullmatch(path.name) is not None
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_immutable else "no-cache"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Vary"] = "Accept-Encoding"
    modified_ns = path.stat().st_mtime_ns
    plain, compressed = _content(path, modified_ns, endpoint)
    if compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(compressed, headers=headers, media_type=content_type)
    return Response(plain, headers=headers, media_type=content_type)


@lru_cache(maxsize=256)
def _content(
    path: Path,
    modified_ns: int,  # noqa: ARG001 (part of the key)
    endpoint: str | None,
) -> tuple[bytes, bytes | None]:
    """A file's bytes, and gzipped ones where that pays; the page learns its endpoint here."""
    plain = path.read_bytes()
    if endpoint is not None:
        own = escape(endpoint.removeprefix("/"))
        plain = plain.replace(_SHIPPED_ENDPOINT, f'"graphql-endpoint" content="{own}"'.encode())
    if len(plain) < _MIN_COMPRESSED_BYTES or path.suffix == ".ttf":
        return plain, None
    return plain, gzip.compress(plain, compresslevel=6, mtime=0)
