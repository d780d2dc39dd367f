"""A subgraph over HTTP: a pool of kept-alive connections to one address."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from router.errors import SubgraphError
from router.transport.address import parse_address
from router.transport.http_connection import HttpConnection, ResponseTooLargeError

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
            "Accept: application/json, application/graphql-response+json\r\n"
        )
        self._timeout_s = timeout_s
        self._max_connections = max_connections
        self._keepalive_s = keepalive_s
        self._open: list[HttpConnection] = []
        self._idle: list[HttpConnection] = []
        self._make = partial(HttpConnection, self._idle, max_response_bytes)
        # A turn belongs to a request under way, or waits in the semaphore for the next one.
        self._turns_taken = self._waiting = 0
        self._turns = asyncio.Semaphore(0)

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request; see `SubgraphClient.send`."""
        deadline = min(request.deadline, monotonic() + self._timeout_s)
        try:
            if self._turns_taken < self._max_connections:
                self._turns_taken += 1
            else:
                await self._wait_for_turn(deadline)
            try:
                return await self._exchange(request, deadline)
            finally:
                if self._waiting:
                    self._turns.release()
                else:
                    self._turns_taken -= 1
        except TimeoutError as error:
            raise SubgraphError(request.subgraph, "timeout", "no answer in time") from error
        except ResponseTooLargeError as error:
            raise SubgraphError(request.subgraph, "invalid_response", str(error)) from error
        except OSError as error:
            raise SubgraphError(request.subgraph, "unreachable", str(error)) from error

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        for connection in self._open:
            connection.transport.abort()

    async def _wait_for_turn(self, deadline: float) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.acquire()
        finally:
            self._waiting -= 1

    async def _exchange(self, request: SubgraphRequest, deadline: float) -> SubgraphResponse:
        connection = kept = self._take_kept()
        while True:
            connection = connection or await self._connect(deadline)
            try:
                response = await connection.exchange(self._message(request), deadline)
            except ConnectionResetError:
                if connection is not kept or request.is_mutation:
                    raise
                connection = None
            except asyncio.CancelledError:
                connection.transport.abort()  # what still comes is nobody's
                raise
            else:
                response.attempts = 1 if kept in (None, connection) else 2
                return response

    def _message(self, request: SubgraphRequest) -> bytes:
        head = f"{self._head}Content-Length: {len(request.body)}\r\n"
        for name, value in request.headers:
            if "\n" not in value and "\r" not in value:  # the rest would be another header
                head += f"{name}: {value}\r\n"
        return f"{head}\r\n".encode("latin-1", "replace") + request.body

    def _take_kept(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                return connection
        return None

    async def _connect(self, deadline: float) -> HttpConnection:
        async with asyncio.timeout_at(deadline):
            connection = await self._address.connect(self._make, self._tls)
        if connection.transport.is_closing():
            reason = "closed by the subgraph"
            raise ConnectionAbortedError(reason)
        self._open.append(connection)
        if len(self._open) == 1:
            self._look()
        return connection

    def _look(self) -> None:
        """End what is over its time; one timer for all connections costs less than one each."""
        now = monotonic()
        self._open = [each for each in self._open if each.look(now, self._keepalive_s)]
        self._idle[:] = [each for each in self._idle if not each.transport.is_closing()]
        if self._open:
            asyncio.get_running_loop().call_later(_TICK_S, self._look)
