"""GraphQL over HTTP: the `/graphql` endpoint as a raw ASGI application.

Source: GraphQL over HTTP specification (stage 2 draft).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from router.errors import ClientError
from router.observations import Observations
from router.pipeline.deadlines import DeadlinePassedError
from router.pipeline.identify import request_id
from router.pipeline.request import Answer, Caller, decode_request
from router.pipeline.respond import give_up, refuse
from router.server.cors import Cors
from router.server.media_types import GRAPHQL_RESPONSE, JSON, MediaType, accepted_type
from router.server.read_request import (
    ClientGoneError,
    Receive,
    Scope,
    Send,
    read_body,
    read_query_string,
    request_headers,
)

if TYPE_CHECKING:
    from router.pipeline.deadlines import Deadline
    from router.pipeline.handle import Pipeline

Observe = Callable[[Observations], None]
"""Called once for every request after its answer was sent."""

_SHED_RETRY_S = 1


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


class GraphQLEndpoint:
    """Reads requests, hands them to the pipeline, sends answers.

    Attributes:
        in_flight: Requests that are being answered.
    """

    __slots__ = ("_observe", "_options", "_pipeline", "in_flight")

    def __init__(self, pipeline: Pipeline, options: HttpOptions, observe: Observe) -> None:
        self._pipeline = pipeline
        self._options = options
        self._observe = observe
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = request_headers(scope)
        observations = Observations(request_id(headers.get(b"x-request-id")))
        media_type = accepted_type(headers.get(b"accept"))
        self.in_flight += 1
        try:
            with self._pipeline.deadlines.begin() as deadline:
                answer = await self._answer(
                    scope, headers, receive, media_type, observations, deadline
                )
        except ClientError as refusal:
            answer = refuse(refusal, observations)
        except DeadlinePassedError:
            answer = give_up(observations)
        except ClientGoneError:
            return
        finally:
            self.in_flight -= 1
        await self._send(answer, media_type or JSON, headers, observations, send)
        self._observe(observations)

    async def _answer(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive,
        media_type: MediaType | None,
        observations: Observations,
        deadline: Deadline,
    ) -> Answer:
        options = self._options
        method: str = scope["method"]
        if self.in_flight > options.max_concurrent_requests:
            msg = "The server is overloaded."
            raise ClientError(
                msg,
                code="SERVICE_OVERLOADED",
                status=503,
                extensions={"retryAfter": _SHED_RETRY_S},
            )
        if method == "OPTIONS":
            return Answer(b"", 204, ((b"allow", b"GET, POST"), *options.cors.preflight(headers)))
        if method not in ("POST", "GET"):
            return _method_not_allowed(method, observations)
        if media_type is None:
            msg = "`Accept` must allow application/graphql-response+json or application/json."
            raise ClientError(
                msg,
                code="NOT_ACCEPTABLE",
                status=406,
            )
        client = scope.get("client")
        caller = Caller(method, headers, client[0] if client else "")
        if method == "GET":
            request = read_query_string(scope["query_string"])
        else:
            body = await read_body(receive, headers, options.max_body_bytes)
            if body.lstrip()[:1] == b"[":
                return await self._answer_batch(body, caller, observations, deadline)
            request = decode_request(body)
        if request.query is None and request.extensions is None:
            msg = "Bad request: `query` is missing."
            raise ClientError(msg, code="BAD_REQUEST")
        answer = await self._pipeline.handle(request, caller, observations, deadline)
        if answer.status == 400 and media_type is not GRAPHQL_RESPONSE:
            answer.status = 200
        return answer

    async def _answer_batch(
        self, body: bytes, caller: Caller, observations: Observations, deadline: Deadline
    ) -> Answer:
        """Answer the operations of a JSON array one after the other, in an array."""
        if not self._options.max_batch:
            msg = "Batches are not answered here."
            raise ClientError(msg, code="BATCH_NOT_ALLOWED")
        try:
            parts = msgspec.json.decode(body, type=list[msgspec.Raw])
        except (msgspec.DecodeError, RecursionError) as error:
            msg = "Bad request: the body is not JSON."
            raise ClientError(msg, code="BAD_REQUEST") from error
        if not 0 < len(parts) <= self._options.max_batch:
            msg = f"A batch holds 1 to {self._options.max_batch} operations."
            raise ClientError(
                msg,
                code="BATCH_NOT_ALLOWED",
                extensions={"limit": self._options.max_batch, "actual": len(parts)},
            )
        requests = [decode_request(bytes(part)) for part in parts]
        answers = [
            await self._pipeline.handle(request, caller, observations, deadline)
            for request in requests
        ]
        return Answer(b"[" + b",".join(answer.body for answer in answers) + b"]")

    async def _send(
        self,
        answer: Answer,
        media_type: MediaType,
        request: dict[bytes, bytes],
        observations: Observations,
        send: Send,
    ) -> None:
        options, body = self._options, answer.body
        observations.status = answer.status
        observations.response_bytes = len(body)
        headers = [
            (b"content-type", media_type.content_type),
            (b"x-request-id", observations.request_id.encode()),
            *answer.headers,
        ]
        origin = request.get(b"origin")
        if origin is not None and answer.status != 204:
            headers += options.cors.headers(origin)
        smallest = options.compression_min_bytes
        if smallest is not None:
            headers.append((b"vary", b"accept-encoding"))
            if len(body) >= smallest and b"gzip" in request.get(b"accept-encoding", b""):
                body = _gzip(body)
                headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


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
