"""One HTTP/1.1 connection: a request is written, its response is read, one at a time.

Chosen by measurement over general HTTP clients, which cost three to fifty times the CPU for the
small JSON bodies of subgraphs. It does what a router needs and nothing else: no redirects, no
cookies, no content codings, no pipelining.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, cast

import httptools

from router.execution.ports import SubgraphResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.errors import SubgraphFailure


_MAX_HEAD_BYTES = 256 * 2**10
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


@lru_cache(maxsize=64)
def _media_type(content_type: bytes) -> str:
    return content_type.partition(b";")[0].strip().lower().decode("latin-1")


class ConnectionFailedError(Exception):
    """The response will not come.

    Attributes:
        failure: What to tell of it.
        is_untouched: The connection ended without a byte of a response; on a connection that has
            been idle that usually means that the server had closed it before the request came.
    """

    def __init__(
        self, reason: str, failure: SubgraphFailure = "unreachable", *, is_untouched: bool = False
    ) -> None:
        super().__init__(reason)
        self.failure = failure
        self.is_untouched = is_untouched


class HttpConnection(asyncio.Protocol):
    """A connection of a pool; moments are in seconds of `time.monotonic`.

    Attributes:
        transport: Set once it is connected.
    """

    transport: asyncio.Transport

    def __init__(
        self,
        max_response_bytes: int,
        on_free: Callable[[HttpConnection], None],
        on_lost: Callable[[HttpConnection], None],
    ) -> None:
        """Make an unconnected one.

        Args:
            max_response_bytes: A larger response is refused.
            on_free: Called when it may carry another request.
            on_lost: Called once when it has ended.
        """
        self._loop = asyncio.get_running_loop()
        self._max_bytes = max_response_bytes
        self._on_free = on_free
        self._on_lost = on_lost
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[SubgraphResponse] | None = None
        self._deadline = 0.0
        self._idle_since = 0.0
        self._reset()

    def _reset(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._has_length = False
        self._content_type = b""

    async def exchange(self, message: bytes, deadline: float) -> SubgraphResponse:
        """Write a request and read the response.

        Args:
            message: Head and body.
            deadline: Kept by calls of `look`.

        Raises:
            TimeoutError: The deadline has passed.
            ConnectionFailedError: The connection ended, or the response is no HTTP.
        """
        if self.transport.is_closing():
            reason = "closed by the subgraph"
            raise ConnectionFailedError(reason)
        waiter: asyncio.Future[SubgraphResponse] = self._loop.create_future()
        self._waiter = waiter
        self._deadline = deadline
        self.transport.write(message)
        try:
            return await waiter
        finally:
            if self._waiter is waiter:  # cancelled or expired: what still comes is nobody's
                self._waiter = None
                self.transport.abort()

    def look(self, now: float, keepalive_s: float) -> None:
        """End an exchange that is over its deadline, or a connection that is idle for too long."""
        waiter = self._waiter
        if waiter is None:
            if self._idle_since < now - keepalive_s:
                self.transport.abort()
        elif self._deadline <= now and not waiter.done():
            waiter.set_exception(TimeoutError())

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:  # bytes that nobody asked for
            self.transport.abort()
            return
        self._size += len(data)
        if self._size > self._max_bytes:
            reason = f"response of more than {self._max_bytes} bytes"
            self._give_up(ConnectionFailedError(reason, "invalid_response"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._give_up(ConnectionFailedError(f"not HTTP: {error}"))
            return
        if self._size > _MAX_HEAD_BYTES and not self._chunks and self._waiter is not None:
            reason = f"a head of more than {_MAX_HEAD_BYTES} bytes"
            self._give_up(ConnectionFailedError(reason, "invalid_response"))

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self._chunks and not self._has_length:
            self._finish()  # the close is the end of the response
        elif self._waiter is not None:
            reason = str(exc) if exc is not None else "closed by the subgraph"
            self._give_up(ConnectionFailedError(reason, is_untouched=not self._size))
        self._on_lost(self)

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self._waiter is None:  # a second response in the same bytes, to be taken for the next
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type":
            self._content_type = value
        elif name in _FRAMING:
            self._has_length = True

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # 100 Continue and its like precede the response
            self._reset()
        else:
            self._finish()

    def _finish(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is None:
            return
        parser, chunks = self._parser, self._chunks
        if not waiter.done():
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            media_type = _media_type(self._content_type)
            waiter.set_result(SubgraphResponse(parser.get_status_code(), body, media_type))
        if parser.should_keep_alive() and not self.transport.is_closing():
            self._reset()
            self._idle_since = monotonic()
            self._on_free(self)
        else:
            self.transport.close()

    def _give_up(self, error: ConnectionFailedError) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.transport.abort()
