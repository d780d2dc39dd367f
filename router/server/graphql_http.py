"""GraphQL over HTTP: the `/graphql` endpoint as a raw ASGI application.

Source: GraphQL over HTTP specification (stage 2 draft).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from router.errors import ClientError
from router.observations import Observations
from router.pipeline.deadlines import current_task
from router.pipeline.identify import request_id
from router.pipeline.request import Answer, Caller, decode_request, unreadable
from router.pipeline.respond import give_up, refuse
from router.server.cors import Cors
from router.server.media_types import (
    GRAPHQL_RESPONSE,
    JSON,
    accepted_type,
    accepts_gzip,
    is_json,
)
from router.server.read_request import (
    ClientGoneError,
    Receive,
    Scope,
    Send,
    headers_by_name,
    plain_body,
    read_body,
    read_query_string,
    wrong_media_type,
)

if TYPE_CHECKING:
    from router.pipeline.deadlines import Task
    from router.pipeline.handle import Pipeline

ReadBody = Callable[[], Awaitable[bytes]]
Begin = Callable[[Observations, Mapping[bytes, bytes]], None]
"""Called once for every request with its headers, before anything is done for it."""

Observe = Callable[[Observations], None]
"""Called once for every request after its answer was sent."""

_SHED_RETRY_S = 1
_NOT_TO_BE_KEPT = ((b"cache-control", b"no-store"),)
"""Answers differ from viewer to viewer, and caches on the way may keep what a GET gave."""


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How the endpoint treats HTTP.

    Attributes:
        max_body_bytes: Of a request, also after decompression.
        max_concurrent_requests: More than these are refused with 503.
        max_batch: Most operations in one JSON array; 0 refuses arrays.
        compression_min_bytes: Answers from this size on are compressed for clients that accept
            gzip; None: never.
        cors: Which other origins may read answers.
    """

    max_body_bytes: int = 2**20
    max_concurrent_requests: int = 10_000
    max_batch: int = 0
    compression_min_bytes: int | None = None
    cors: Cors = field(default_factory=Cors)


class HttpRequest(msgspec.Struct):
    """One request with its headers.

    Attributes:
        method: In upper case.
        headers: By lower-case name.
        query_string: Without the question mark, as sent.
        peer: Address of the other end of the connection; "" if it has none.
        body: As sent, unless it is still to be read.
        read_body: Gives the body as sent; called at most once.
    """

    method: str
    headers: dict[bytes, bytes]
    query_string: bytes
    peer: str
    body: bytes = b""
    read_body: ReadBody | None = None


class HttpResponse(msgspec.Struct):
    """One response; names of headers are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class GraphQLEndpoint:
    """Reads requests, hands them to the pipeline, frames answers.

    Attributes:
        options: How HTTP is treated.
        observe: To be called with each request's observations after its response was sent.
        in_flight: Requests that are being answered.
    """

    __slots__ = ("_begin", "_pipeline", "in_flight", "observe", "options")

    def __init__(
        self,
        pipeline: Pipeline,
        options: HttpOptions,
        observe: Observe,
        begin: Begin | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._begin = begin
        self.options = options
        self.observe = observe
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, as an ASGI application."""
        headers = headers_by_name(scope["headers"])
        client = scope.get("client")
        request = HttpRequest(
            scope["method"],
            headers,
            scope["query_string"],
            client[0] if client else "",
            b"",
            lambda: read_body(receive, headers, self.options.max_body_bytes),
        )
        observations = self.begin(request)
        try:
            response = await self.respond(request, observations, current_task())
        except ClientGoneError:
            observations.outcome = "client_gone"
            self.observe(observations)
            return
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": response.headers,
            }
        )
        await send({"type": "http.response.body", "body": response.body})
        self.observe(observations)

    def begin(self, request: HttpRequest) -> Observations:
        """What is to be filled while the request is answered."""
        observations = Observations(request_id(request.headers.get(b"x-request-id")))
        if self._begin is not None:
            self._begin(observations, request.headers)
        return observations

    async def respond(
        self, request: HttpRequest, observations: Observations, task: Task
    ) -> HttpResponse:
        """The response to one request.

        Args:
            request: As it arrived.
            observations: Filled.
            task: The one that asks; cancelled when the time is up.

        Raises:
            ClientGoneError: Nobody waits for it any more.
        """
        media_type = accepted_type(request.headers.get(b"accept"))
        deadlines = self._pipeline.deadlines
        self.in_flight += 1
        deadline = deadlines.begin(task)
        try:
            answer = await self._answer(request, media_type, observations, deadline)
        except ClientError as refusal:
            answer = refuse(refusal, observations)
        except asyncio.CancelledError:
            if not deadlines.end(task):
                raise
            answer = give_up(observations)
        finally:
            deadlines.end(task)
            self.in_flight -= 1
        if request.method == "GET":
            answer.headers += _NOT_TO_BE_KEPT
        return self._frame(answer, media_type or JSON, request.headers, observations)

    async def _answer(
        self,
        request: HttpRequest,
        media_type: bytes | None,
        observations: Observations,
        deadline: float,
    ) -> Answer:
        options, method, headers = self.options, request.method, request.headers
        if self.in_flight > options.max_concurrent_requests:
            raise _overloaded()
        if media_type is None and method in ("POST", "GET"):
            msg = "`Accept` must allow application/graphql-response+json or application/json."
            raise ClientError(msg, code="NOT_ACCEPTABLE", status=406)
        caller = Caller(method, headers, request.peer)
        if method == "POST":
            if not is_json(headers.get(b"content-type")):
                raise wrong_media_type()
            body = request.body
            if request.read_body is not None:
                body = await request.read_body()
            if b"content-encoding" in headers or len(body) > options.max_body_bytes:
                body = plain_body(body, headers, options.max_body_bytes)
            if body[:1] != b"{" and body.lstrip()[:1] == b"[":
                return await self._answer_batch(body, caller, observations, deadline)
            asked = decode_request(body)
        elif method == "GET":
            asked = read_query_string(request.query_string)
        elif method == "OPTIONS":
            return Answer(b"", 204, ((b"allow", b"GET, POST"), *options.cors.preflight(headers)))
        else:
            return _method_not_allowed(method, observations)
        if asked.query is None and not asked.names_operation():
            msg = "Bad request: `query` is missing."
            raise ClientError(msg, code="BAD_REQUEST")
        answer = await self._pipeline.handle(asked, caller, observations, deadline)
        if answer.status == 400 and media_type is not GRAPHQL_RESPONSE:
            answer.status = 200
        return answer

    async def _answer_batch(
        self, body: bytes, caller: Caller, observations: Observations, deadline: float
    ) -> Answer:
        """Answer the operations of a JSON array one after the other, in an array."""
        if not self.options.max_batch:
            msg = "Batches are not answered here: send one operation a request."
            raise ClientError(msg, code="BATCH_NOT_ALLOWED")
        try:
            parts = msgspec.json.decode(body, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreadable(error) from error
        if not 0 < len(parts) <= self.options.max_batch:
            msg = f"A batch holds 1 to {self.options.max_batch} operations."
            raise ClientError(
                msg,
                code="BATCH_NOT_ALLOWED",
                extensions={"limit": self.options.max_batch, "actual": len(parts)},
            )
        requests = [decode_request(bytes(part)) for part in parts]
        answers = [
            await self._pipeline.handle(request, caller, observations, deadline)
            for request in requests
        ]
        body = b"[" + b",".join(answer.body for answer in answers) + b"]"
        return Answer(body, headers=caller.response_headers)

    def _frame(
        self,
        answer: Answer,
        media_type: bytes,
        request: dict[bytes, bytes],
        observations: Observations,
    ) -> HttpResponse:
        options, body = self.options, answer.body
        observations.status = answer.status
        observations.response_bytes = len(body)
        headers = [
            (b"content-type", media_type),
            (b"x-request-id", observations.request_id.encode()),
            *answer.headers,
        ]
        origin = request.get(b"origin")
        if origin is not None and answer.status != 204:
            headers += options.cors.headers(origin)
        smallest = options.compression_min_bytes
        if smallest is not None:
            headers.append((b"vary", b"accept-encoding"))
            if len(body) >= smallest and accepts_gzip(request.get(b"accept-encoding")):
                body = _gzip(body)
                headers.append((b"content-encoding", b"gzip"))
        if answer.status != 204:  # RFC 9110, section 8.6
            headers.append((b"content-length", b"%d" % len(body)))
        return HttpResponse(answer.status, headers, body)


def _overloaded() -> ClientError:
    return ClientError(
        "The server is overloaded.",
        code="SERVICE_OVERLOADED",
        status=503,
        extensions={"retryAfter": _SHED_RETRY_S},
    )


def _method_not_allowed(method: str, observations: Observations) -> Answer:
    answer = refuse(
        ClientError(
            f"{method} is not answered here; use GET or POST.",
            code="METHOD_NOT_ALLOWED",
            status=405,
        ),
        observations,
    )
    answer.headers += ((b"allow", b"GET, POST"),)
    return answer


def _gzip(body: bytes) -> bytes:
    compressor = zlib.compressobj(level=1, wbits=31)
    return compressor.compress(body) + compressor.flush()
