"""The short way from a socket to the endpoint.

uvicorn's protocol builds a scope, an event and a cycle object for every request and speaks with
the application in messages. For the request that nearly all clients send, a POST to the GraphQL
path whose bytes arrived at once, none of that is needed: the endpoint is called with headers and
body, and its response is written in one piece. Every other request takes uvicorn's own way, as
does everything about connections: keep-alive, pipelining, flow control, shutdown.

What uvicorn leaves out is added: heads have a largest size and a longest time to arrive.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from router.server.graphql_http import GraphQLEndpoint, HttpRequest, HttpResponse
from router.server.read_request import headers_by_name

if TYPE_CHECKING:
    from asyncio import TimerHandle, Transport

_logger = logging.getLogger("router.server")

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


_MAX_HEAD_BYTES = 128 * 2**10
_HEAD_TIMEOUT_S = 20.0


class _HasEndpoint(Protocol):
    """What the application has to show for the short way."""

    endpoint: GraphQLEndpoint
    raw_path: bytes


class _Exchange:
    """A request on the short way, as uvicorn's protocol sees the current request."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "response_complete")

    def __init__(self, *, keep_alive: bool) -> None:
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.message_event = self

    def set(self) -> None:
        """Nobody waits for more of a body that is complete."""


class GraphQLProtocol(HttpToolsProtocol):
    """One connection of a client."""

    app: _HasEndpoint
    _exchange: _Exchange | None = None
    _is_in_head = True
    _head_bytes = 0
    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(_HEAD_TIMEOUT_S, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def on_message_begin(self) -> None:
        self._exchange = None
        self._is_in_head = True
        self._head_bytes = 0
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        super().on_header(name, value)

    def _count_head(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > _MAX_HEAD_BYTES:
            msg = "the head of the request is too large"
            raise ValueError(msg)  # ends the parser, which makes uvicorn answer 400

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._is_plain_operation():
            self._exchange = _Exchange(keep_alive=self.parser.should_keep_alive())
        else:
            self._take_the_long_way()

    def _take_the_long_way(self) -> None:
        url, headers, is_expecting = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, is_expecting
        self.headers += headers
        super().on_headers_complete()

    def _is_plain_operation(self) -> bool:
        parser = self.parser
        return (
            self.url == self.app.raw_path
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
        )

    def on_body(self, body: bytes) -> None:
        if self._exchange is None:
            super().on_body(body)
        else:
            self._exchange.body += body

    def on_message_complete(self) -> None:
        exchange = self._exchange
        if exchange is None:
            super().on_message_complete()
            return
        self._exchange = None
        self.cycle = exchange  # type: ignore[assignment]
        task = self.loop.create_task(self._serve(exchange, self.headers))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_in_head:
            self._stop_head_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(_HEAD_TIMEOUT_S, self.transport.close)
        exchange = self._exchange
        if exchange is not None and not self.transport.is_closing():
            # More of the body is on its way: uvicorn's way reads it piece by piece.
            self._exchange = None
            self._take_the_long_way()
            if exchange.body:
                super().on_body(exchange.body)

    async def _serve(self, exchange: _Exchange, headers: list[tuple[bytes, bytes]]) -> None:
        endpoint = self.app.endpoint

        async def read_body() -> bytes:
            return exchange.body

        peer = self.client[0] if self.client else ""
        request = HttpRequest("POST", headers_by_name(headers), b"", peer, read_body)
        observations = endpoint.begin(request)
        try:
            response = await endpoint.respond(request, observations)
        except Exception:  # the border of one request: the connection is all that is lost
            _logger.exception("Request %s could not be answered", observations.request_id)
            observations.outcome = "INTERNAL_SERVER_ERROR"
            endpoint.observe(observations)
            exchange.response_complete = True
            self.transport.close()
            return
        if self.flow.write_paused and not exchange.disconnected:
            await self.flow.drain()
        exchange.response_complete = True
        if not exchange.disconnected:
            self._write(response, keep_alive=exchange.keep_alive)
        endpoint.observe(observations)

    def _write(self, response: HttpResponse, *, keep_alive: bool) -> None:
        parts: list[bytes] = [_STATUS_LINES[response.status]]
        for name, value in response.headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
        parts.append(response.body)
        self.transport.write(b"".join(parts))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()
