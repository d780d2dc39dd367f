"""A subgraph over HTTP: a pool of kept-alive connections to one address."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from router.errors import SubgraphError
from router.transport.address import parse_address
from router.transport.http_connection import ConnectionFailedError, HttpConnection

if TYPE_CHECKING:
    from router.execution.ports import SubgraphRequest, SubgraphResponse


_TICK_S = 0.05
"""How exactly deadlines are kept."""


class HttpSubgraph:
    """Reaches a subgraph over HTTP/1.1.

    Connections are opened as needed, the one used last is used next. A query that meets a kept
    connection which ends without a byte of an answer is sent once more, on a fresh one; a mutation
    is not, since nobody can tell whether the server had read it.
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
            keepalive_s: A connection idle for longer is closed. Below the five seconds after which
                common servers close, so that few requests meet a closing one.
            tls: For `https://`; the system's trusted authorities if None.

        Raises:
            StartupError: The URL is none of these.
        """
        self._address = address = parse_address(url)
        self._tls = (tls or ssl.create_default_context()) if address.is_tls else None
        self._head = (
            f"POST {address.target} HTTP/1.1\r\nHost: {address.authority}\r\n"
            "Content-Type: application/json\r\n"
            "Accept: application/json, application/graphql-response+json"
        )
        self._head_breaks = self._head.count("\n") + 3
        self._timeout_s = timeout_s
        self._max_connections = max_connections
        self._max_response_bytes = max_response_bytes
        self._keepalive_s = keepalive_s
        self._open: set[HttpConnection] = set()
        self._idle: list[HttpConnection] = []
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._watch: asyncio.TimerHandle | None = None

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request; see `SubgraphClient.send`."""
        deadline = min(request.deadline, monotonic() + self._timeout_s)
        message = self._message(request)
        try:
            if self._under_way < self._max_connections:
                self._under_way += 1
            else:
                await self._wait_for_turn(deadline)
            try:
                return await self._send(message, deadline, is_mutation=request.is_mutation)
            finally:
                self._give_turn()
        except TimeoutError as error:
            raise SubgraphError(request.subgraph, "timeout", "no answer in time") from error
        except ConnectionFailedError as error:
            raise SubgraphError(request.subgraph, error.failure, str(error)) from error
        except OSError as error:
            raise SubgraphError(request.subgraph, "unreachable", str(error)) from error

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for connection in list(self._open):
            connection.transport.abort()

    async def _send(
        self, message: bytes, deadline: float, *, is_mutation: bool
    ) -> SubgraphResponse:
        kept = self._take_kept()
        if kept is None:
            return await (await self._connect(deadline)).exchange(message, deadline)
        try:
            return await kept.exchange(message, deadline)
        except ConnectionFailedError as error:
            if is_mutation or not error.is_untouched:
                raise
        response = await (await self._connect(deadline)).exchange(message, deadline)
        response.attempts = 2
        return response

    def _message(self, request: SubgraphRequest) -> bytes:
        body, headers = request.body, request.headers
        lines = [self._head, f"Content-Length: {len(body)}", *map(": ".join, headers), "", ""]
        head = "\r\n".join(lines)
        if not head.count("\n") == head.count("\r") == self._head_breaks + len(headers):
            # A value with a line break would be a second header, so it is left out.
            harmless = [line for line in lines[1:] if "\n" not in line and "\r" not in line]
            head = "\r\n".join([self._head, *harmless])
        return head.encode("latin-1", "replace") + body

    def _take_kept(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                return connection
        return None

    async def _connect(self, deadline: float) -> HttpConnection:
        loop, address = asyncio.get_running_loop(), self._address

        def make() -> HttpConnection:
            return HttpConnection(self._max_response_bytes, self._idle.append, self._lost)

        async with asyncio.timeout_at(deadline):
            if address.socket_path is not None:
                _, connection = await loop.create_unix_connection(make, address.socket_path)
            else:
                _, connection = await loop.create_connection(
                    make, address.host, address.port, ssl=self._tls
                )
        if not connection.transport.is_closing():
            self._open.add(connection)
        if self._watch is None:
            self._watch = loop.call_later(_TICK_S, self._look, loop)
        return connection

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is over its time; one timer for all connections costs less than one each."""
        now = monotonic()
        for connection in list(self._open):
            connection.look(now, self._keepalive_s)
        self._watch = loop.call_later(_TICK_S, self._look, loop) if self._open else None

    def _lost(self, connection: HttpConnection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    async def _wait_for_turn(self, deadline: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():  # it came together with the end
                self._give_turn()
            raise

    def _give_turn(self) -> None:
        """Let the request go on that has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._under_way -= 1
