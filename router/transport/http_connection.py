"""One HTTP/1.1 connection: a request is written, its response is read, one at a time.

Chosen by measurement over general HTTP clients, which cost three to fifty times the CPU for the
small JSON bodies of subgraphs. It does what a router needs and nothing else: no redirects, no
cookies, no content codings, no pipelining.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from math import inf
from time import monotonic

import httptools

from router.execution.ports import SubgraphResponse

_MAX_HEAD_BYTES = 512 * 2**10
"""More than one read brings."""


class ResponseTooLargeError(Exception):
    """The response, or its head, has more bytes than are taken."""


@lru_cache(maxsize=64)
def _media_type(content_type: bytes) -> str:
    return content_type.partition(b";")[0].strip().lower().decode("latin-1")


class HttpConnection(asyncio.Protocol):
    """A connection of a pool; moments are in seconds of `time.monotonic`.

    Attributes:
        transport: Set once it is connected.
    """

    transport: asyncio.Transport

    def __init__(self, idle: list[HttpConnection], max_response_bytes: int) -> None:
        """Make an unconnected one.

        Args:
            idle: Where it puts itself when it may carry another request.
            max_response_bytes: A larger response is refused.
        """
        self._idle = idle
        self._max_bytes = max_response_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[SubgraphResponse] | None = None
        self._deadline = self._idle_since = inf
        self._reset()

    def _reset(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._has_length = False
        self._content_type = b""

    def exchange(self, message: bytes, deadline: float) -> asyncio.Future[SubgraphResponse]:
        """Write a request; who stops waiting for the response has to abort the transport.

        The future may raise:
            TimeoutError: The deadline, kept by calls of `look`, has passed.
            ConnectionResetError: The connection ended without a byte of a response. On a kept one
                that usually means that the server had closed it before the request came.
            ConnectionAbortedError: The connection ended later, or what came is no HTTP.
            ResponseTooLargeError: As it says.
        """
        self._waiter = self._loop.create_future()
        self._deadline = deadline
        self.transport.write(message)
        return self._waiter

    def look(self, now: float, keepalive_s: float) -> bool:
        """End what is over its time or idle for too long; gives whether the connection is open."""
        if self._waiter is not None and self._deadline <= now:
            self._fail(TimeoutError())
        elif self._waiter is None and self._idle_since < now - keepalive_s:
            self.transport.abort()
        return not self.transport.is_closing()

    def _fail(self, error: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
        self.transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        # Kept: asking for it is a system call up to Python 3.11.
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max_bytes or (self._size > _MAX_HEAD_BYTES and not self._chunks):
            reason = f"more than {self._max_bytes} bytes, or {_MAX_HEAD_BYTES} before the body"
            self._fail(ResponseTooLargeError(reason))
        else:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserError as error:
                self._fail(ConnectionAbortedError(f"not HTTP: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self._chunks and not self._has_length:
            self._finish()  # the close is the end of the response
        else:
            kind = ConnectionAbortedError if self._size else ConnectionResetError
            self._fail(kind(exc or "closed by the subgraph"))

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self._waiter is None:  # nobody asked, and it may be taken for the next response
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type":
            self._content_type = value
        elif name in (b"content-length", b"transfer-encoding"):
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
        if waiter is None or waiter.done():
            return
        status, body = self._parser.get_status_code(), b"".join(self._chunks)
        waiter.set_result(SubgraphResponse(status, body, _media_type(self._content_type)))
        if self._parser.should_keep_alive() and not self.transport.is_closing():
            self._reset()
            self._idle_since = monotonic()
            self._idle.append(self)
        else:
            self.transport.close()
