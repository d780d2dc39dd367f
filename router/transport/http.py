"""A subgraph over HTTP: a pool of kept-alive connections to one address."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from router.errors import StartupError, SubgraphError
from router.transport.http_connection import ConnectionFailedError, HttpConnection

if TYPE_CHECKING:
    from router.execution.ports import Headers, SubgraphRequest, SubgraphResponse


_WATCH_EVERY_S = 0.05
"""How exactly deadlines are kept."""


class HttpSubgraph:
    """Reaches a subgraph over HTTP/1.1.

    Connections are opened as needed, the one used last is used next. A request that meets a kept
    connection which the server has just closed is sent once more on a fresh one; a mutation is
    not, since nobody can tell whether the server had read it.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 30.0,
        max_connections: int = 128,
        max_response_bytes: int = 128 * 1024 * 1024,
        keepalive_s: float = 4.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            url: `http://`, `https://`, or `http+unix://%2Fpath%2Fto%2Fsocket/graphql`.
            timeout_s: For one request, waiting for a connection included.
            max_connections: More requests at once wait for one of these.
            max_response_bytes: A larger response fails its fetch.
            keepalive_s: A connection idle for longer is not used again. Below the five seconds
                after which common servers close, so that few requests meet a closing one.
            tls: For `https://`; the system's trusted authorities if None.

        Raises:
            StartupError: The URL is none of these.
        """
        parts = _split(url)
        self._socket_path = unquote(parts.netloc) if parts.scheme == "http+unix" else None
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = "localhost" if self._socket_path else parts.netloc.rpartition("@")[2]
        self._head = (
            f"POST {target} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            "Accept: application/json, application/graphql-response+json\r\nContent-Length: "
        )
        self._timeout_s = timeout_s
        self._max_connections = max_connections
        self._max_response_bytes = max_response_bytes
        self._keepalive_s = keepalive_s
        self._idle: list[HttpConnection] = []
        self._open: set[HttpConnection] = set()
        self._connecting = 0
        self._watch: asyncio.TimerHandle | None = None
        self._waiters: deque[asyncio.Future[HttpConnection | None]] = deque()

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request; see `SubgraphClient.send`."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        deadline = min(request.deadline, now + self._timeout_s)
        message = self._message(request)
        attempts = 0
        try:
            while True:
                connection = self._take_idle(now) or await self._connect(loop, deadline)
                attempts += 1
                was_reused = connection.is_reused
                if self._watch is None:
                    self._watch = loop.call_later(_WATCH_EVERY_S, self._expire, loop)
                try:
                    response = await connection.exchange(message, deadline)
                except ConnectionFailedError as error:
                    was_stale = error.is_untouched and was_reused and not request.is_mutation
                    if error.was_sent and not was_stale:
                        raise
                else:
                    return response if attempts == 1 else response._replace(attempts=attempts)
        except TimeoutError as error:
            raise SubgraphError(request.subgraph, "timeout", "no answer in time") from error
        except (ConnectionFailedError, OSError) as error:
            raise SubgraphError(request.subgraph, "unreachable", str(error)) from error

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for connection in list(self._open):
            connection.abort()

    def _message(self, request: SubgraphRequest) -> bytes:
        body = request.body
        head = f"{self._head}{len(body)}\r\n{_lines(request.headers)}\r\n"
        return head.encode("latin-1", "replace") + body

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Fail what is over its deadline; one timer for all costs less than one each."""
        now = loop.time()
        is_busy = [connection.expire(now) for connection in list(self._open)]
        self._watch = loop.call_later(_WATCH_EVERY_S, self._expire, loop) if any(is_busy) else None

    def _take_idle(self, now: float) -> HttpConnection | None:
        oldest = now - self._keepalive_s
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_since >= oldest and connection.is_open():
                return connection
            connection.abort()
        return None

    async def _connect(self, loop: asyncio.AbstractEventLoop, deadline: float) -> HttpConnection:
        """A fresh connection, or one that another request gives back first."""
        async with asyncio.timeout_at(deadline):
            while len(self._open) + self._connecting >= self._max_connections:
                waiter: asyncio.Future[HttpConnection | None] = loop.create_future()
                self._waiters.append(waiter)
                try:
                    connection = await waiter
                except asyncio.CancelledError:
                    if waiter.done() and not waiter.cancelled():
                        self._pass_on(waiter.result())
                    raise
                if connection is not None:
                    return connection
            self._connecting += 1
            try:
                return await self._open_connection(loop)
            except BaseException:
                self._pass_on(None)
                raise
            finally:
                self._connecting -= 1

    async def _open_connection(self, loop: asyncio.AbstractEventLoop) -> HttpConnection:
        def make() -> HttpConnection:
            return HttpConnection(loop, self._max_response_bytes, self._pass_on, self._lost)

        if self._socket_path is not None:
            _, connection = await loop.create_unix_connection(make, self._socket_path)
        else:
            _, connection = await loop.create_connection(
                make, self._host, self._port, ssl=self._tls
            )
        self._open.add(connection)
        return connection

    def _lost(self, connection: HttpConnection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._pass_on(None)

    def _pass_on(self, connection: HttpConnection | None) -> None:
        """Give a connection, or the place of one, to whoever has waited longest."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is not None:
            self._idle.append(connection)


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        is_usable = parts.port != 0 and bool(parts.hostname)
    except ValueError:  # the port is no number
        is_usable = False
    if not is_usable or parts.scheme not in {"http", "https", "http+unix"}:
        message = f"subgraph URL {url!r} is not an http:// or https:// URL"
        raise StartupError(message)
    return parts


def _lines(headers: Headers) -> str:
    """Header lines; a value with a line break would be a second header, so it is left out."""
    return "".join(
        [
            f"{name}: {value}\r\n"
            for name, value in headers
            if "\n" not in value and "\r" not in value
        ]
    )
