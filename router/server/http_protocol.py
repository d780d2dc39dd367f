"""The short way from a socket to the endpoint.

uvicorn's protocol builds a scope, an event and a cycle object for every request and speaks with
the application in messages. For the request that nearly all clients send, a POST to the GraphQL
path whose bytes arrived at once, none of that is needed: the endpoint is called with headers and
body, and its response is written in one piece. Every other request takes uvicorn's own way, as
does everything about connections: pipelining, flow control, shutdown.

What uvicorn leaves out is added: heads have a largest size and a longest time to arrive, a client
that does not read its answer is cut off, and a query whose client has gone is not answered to its
end.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from router.server.graphql_http import GraphQLEndpoint, HttpRequest, HttpResponse
from router.server.read_request import headers_by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from router.observations import Observations

_logger = logging.getLogger("router.server")

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}

_OFFER = frozenset({b"connection", b"upgrade", b"http2-settings"})

_MAX_HEAD_BYTES = 128 * 2**10
"""Counted by reads: what the first and the last one bring more is taken too."""

_HEAD_TIMEOUT_S = 20.0

_UNREAD_TIMEOUT_S = 60.0
"""How long an answer may wait for a client that takes nothing of it."""


class _HasEndpoint(Protocol):
    """What the application has to show for the short way."""

    endpoint: GraphQLEndpoint
    raw_path: bytes


class _Exchange:
    """A request on the short way, as uvicorn's protocol sees the current request."""

    __slots__ = (
        "body",
        "disconnected",
        "keep_alive",
        "observations",
        "response_complete",
        "task",
    )

    task: asyncio.Task[None]
    observations: Observations

    def __init__(self, *, keep_alive: bool) -> None:
        self.body = b""
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False

    @property
    def message_event(self) -> _Exchange:
        # What uvicorn's protocol sets. As an attribute it would make every request a cycle, which
        # stays until the collector comes.
        return self

    def set(self) -> None:
        """The connection has ended; nobody waits for more of a body that is complete.

        A query is given up. A mutation is not: nobody could tell how far it came.
        """
        if not self.response_complete and self.observations.operation_kind != "mutation":
            self.task.cancel()


class GraphQLProtocol(HttpToolsProtocol):
    """One connection of a client."""

    app: _HasEndpoint
    _exchange: _Exchange | None = None
    _ahead: Sequence[RequestResponseCycle] = ()
    """Requests before the last one that may not be answered yet; uvicorn knows the last only."""
    _is_in_head = True
    _offers_upgrade = False
    _head_bytes = 0
    _closes_at = inf
    """When a connection that stays silent is closed."""
    _unread_bytes = 0
    _read_at = 0.0
    """When the client last took some of what waits for it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""
        self._closes_at = monotonic() + _HEAD_TIMEOUT_S
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        for request in self._ahead:
            request.disconnected = True
            request.message_event.set()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close what is silent for too long; one timer for all requests of a connection."""
        now = monotonic()
        unread_bytes = self.transport.get_write_buffer_size()
        if unread_bytes != self._unread_bytes:
            self._unread_bytes, self._read_at = unread_bytes, now
        if unread_bytes:
            if self._read_at <= now - _UNREAD_TIMEOUT_S:
                self.transport.abort()
        elif self._closes_at <= now:
            self.transport.close()
        self._timer = self.loop.call_later(_HEAD_TIMEOUT_S / 4, self._look)

    def data_received(self, data: bytes) -> None:
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        while True:
            try:
                self.parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                if self.parser.get_method() == b"CONNECT":  # the parser waits for a tunnel's bytes
                    self._refuse(400, b"Tunnels are not made here.")
                    return
                data = self._without_offer(data[upgrade.args[0] :])
            except httptools.HttpParserError:
                self._refuse(400, b"Invalid HTTP request received.")
                return
        exchange = self._exchange
        if self._is_in_head:
            # The read in which it began may have brought more before it; that one is not counted.
            self._head_bytes = 0 if self._head_bytes < 0 else self._head_bytes + len(data)
            if self._head_bytes > _MAX_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(431)
        elif exchange is not None and not self.transport.is_closing():
            # More of the body is on its way: uvicorn's way reads it piece by piece.
            self._exchange = None
            self._take_the_long_way()
            if exchange.body:
                super().on_body(exchange.body)

    def _without_offer(self, rest: bytes) -> bytes:
        """A request that offers another protocol as if it did not, for a parser of its own.

        Java's client and `curl --http2` offer one with every request. The parser takes what follows
        the head for that protocol.
        """
        lines = [b"%b: %b" % header for header in self.headers if header[0] not in _OFFER]
        if any(b"close" in value.lower() for name, value in self.headers if name == b"connection"):
            lines.append(b"connection: close")
        head = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url), *lines, b"", rest]
        self.parser = httptools.HttpRequestParser(self)
        return b"\r\n".join(head)

    def _refuse(self, status: int, reason: bytes = b"") -> None:
        """Answer what cannot be read, and close.

        A request before it gets its answer first: that may be a mutation's.
        """
        due = self.cycle
        if due is None or due.response_complete or getattr(due, "more_body", False):
            head = b"content-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            self.transport.write(_STATUS_LINES[status] + head % len(reason) + reason)
            self.transport.close()
        else:
            due.keep_alive = False
            self.flow.pause_reading()

    # httptools callbacks

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._is_in_head = True
        self._head_bytes = -1
        self._closes_at = monotonic() + _HEAD_TIMEOUT_S

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            return  # a trailer, after the body
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._closes_at = inf
        parser = self.parser
        self._offers_upgrade = parser.should_upgrade()
        if self._offers_upgrade:
            return
        if (
            self.url == self.app.raw_path
            and parser.get_method() == b"POST"
            and parser.get_http_version() == "1.1"
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
        ):
            self._exchange = _Exchange(keep_alive=parser.should_keep_alive())
        else:
            self._exchange = None
            if parser.get_http_version() == "1.1":
                _refuse_unclear_host(headers_by_name(self.headers))
            else:
                self.expect_100_continue = False  # HTTP/1.0 would take it for the answer
            self._take_the_long_way()

    def _take_the_long_way(self) -> None:
        if self.cycle is not None:
            self._ahead = [
                each for each in (*self._ahead, self.cycle) if not each.response_complete
            ]
        url, headers, is_expecting = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, is_expecting
        self.headers += headers
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._exchange is None:
            super().on_body(body)
        else:
            self._exchange.body += body

    def on_message_complete(self) -> None:
        exchange = self._exchange
        if exchange is None:
            if not self._offers_upgrade:
                super().on_message_complete()
            return
        self._exchange = None
        headers = headers_by_name(self.headers)
        _refuse_unclear_host(headers)
        self.cycle = exchange  # type: ignore[assignment]
        request = HttpRequest("POST", headers, b"", self._peer, exchange.body)
        exchange.observations = self.app.endpoint.begin(request)
        exchange.task = self.loop.create_task(self._serve(exchange, request))
        self.tasks.add(exchange.task)

    async def _serve(self, exchange: _Exchange, request: HttpRequest) -> None:
        endpoint, observations = self.app.endpoint, exchange.observations
        try:
            response = await endpoint.respond(request, observations, exchange.task)
            if self.flow.write_paused and not exchange.disconnected:
                await self.flow.drain()
            exchange.response_complete = True
            if not exchange.disconnected:
                self._write(response, keep_alive=exchange.keep_alive)
        except asyncio.CancelledError:
            observations.outcome = "client_gone"
            raise
        except Exception:  # the border of one request: the connection is all that is lost
            _logger.exception("Request %s could not be answered", observations.request_id)
            observations.outcome = "INTERNAL_SERVER_ERROR"
            exchange.response_complete = True
            self.transport.close()
        finally:
            self.tasks.discard(exchange.task)
            endpoint.observe(observations)

    def _write(self, response: HttpResponse, *, keep_alive: bool) -> None:
        head = b"\r\n".join(map(b": ".join, response.headers))
        end = b"\r\n\r\n" if keep_alive else b"\r\nconnection: close\r\n\r\n"
        self.transport.write(b"".join((_STATUS_LINES[response.status], head, end, response.body)))
        if not keep_alive:
            self.transport.close()
        if self.pipeline:
            self.on_response_complete()  # uvicorn's, which begins the next request
        else:
            self.server_state.total_requests += 1
            self._closes_at = monotonic() + self.timeout_keep_alive


def _refuse_unclear_host(headers: dict[bytes, bytes]) -> None:
    """RFC 9112, section 3.2: a request of HTTP/1.1 has one `Host`.

    Raises:
        ValueError: It has none or several; ends the parser, which answers with 400.
    """
    if b"," in headers.get(b"host", b","):
        msg = "there must be one Host header"
        raise ValueError(msg)
