"""The GraphQL endpoint of a subgraph, as a bare ASGI application.

Spoken is what routers speak: POST of one JSON object, answered with `application/json` and 200
whenever it was a GraphQL request, whatever its errors.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
import strawberry
import structlog
from graphql import ASTValidationRule, NoSchemaIntrospectionCustomRule

from subgraph_kit.errors import RequestError, format_error
from subgraph_kit.execution.operations import Document, Operations
from subgraph_kit.metrics import OPERATION_DURATION
from subgraph_kit.request_context import RequestContext, RequestReader

log = structlog.get_logger()

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Request(msgspec.Struct):
    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the name on the wire


class _RefusedError(Exception):
    """No GraphQL request; answered with an HTTP status."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = tuple(headers)


class GraphQLEndpoint:
    """An ASGI application for one path.

    Args:
        schema: What is served.
        service: Named in metrics.
        requests: Reads viewer, language and the like from the headers.
        context: Makes what resolvers see as `info.context`, anew for each request.
        timeout_s: For the whole request.
        max_body_bytes: Larger bodies are refused unread.
        is_introspection_allowed: `__schema` and `__type`; `_service` always answers.
        extra_rules: Further validation rules; their errors may carry a code.
    """

    def __init__(  # noqa: PLR0913 - named settings of one thing
        self,
        schema: strawberry.Schema,
        *,
        service: str,
        requests: RequestReader,
        context: Callable[[RequestContext], object],
        timeout_s: float = 10.0,
        max_body_bytes: int = 4 * 1024 * 1024,
        is_introspection_allowed: bool = True,
        extra_rules: Iterable[type[ASTValidationRule]] = (),
    ) -> None:
        self._service = service
        self._requests = requests
        self._context = context
        self._timeout_s = timeout_s
        self._max_body_bytes = max_body_bytes
        rules = (NoSchemaIntrospectionCustomRule,) if not is_introspection_allowed else ()
        self._operations = Operations(schema, extra_rules=(*extra_rules, *rules))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[tuple[bytes, bytes]] = []
        try:
            request = await self._read(scope, receive)
            context = await self._requests.read(scope["headers"], (scope.get("client") or ("",))[0])
            status, answer = 200, await self._answer(request, context)
        except _RefusedError as error:
            status, answer = error.status, _problem(str(error), {"code": error.code})
            headers.extend(error.headers)
        except RequestError as error:  # before anything of the operation was looked at
            status, answer = 503, _problem(error.message, error.extensions)
            headers.append((b"retry-after", b"1"))
        except Exception:
            # Border: whatever is wrong with us, the router gets an answer it can read.
            status = 500
            answer = _problem("Internal server error.", {"code": "INTERNAL_SERVER_ERROR"})
            log.exception(
                "request failed", request_id=answer["errors"][0]["extensions"]["requestId"]
            )
        body = msgspec.json.encode(answer)
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _read(self, scope: Scope, receive: Receive) -> _Request:
        if scope["method"] != "POST":
            raise _RefusedError(
                405, "METHOD_NOT_ALLOWED", "Send operations by POST.", [(b"allow", b"POST")]
            )
        content_type = next((v for k, v in scope["headers"] if k == b"content-type"), b"")
        if content_type.partition(b";")[0].strip().lower() != b"application/json":
            raise _RefusedError(415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json.")
        body = await self._read_body(receive)
        try:
            return msgspec.json.decode(body, type=_Request)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            if body.lstrip()[:1] == b"[":
                raise _RefusedError(
                    400, "BATCH_NOT_ALLOWED", "Send one operation per request."
                ) from error
            raise _RefusedError(400, "BAD_REQUEST", f"No GraphQL request: {error}.") from error

    async def _read_body(self, receive: Receive) -> bytes:
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body") and len(body) <= self._max_body_bytes:
            return body
        chunks, size = [body], len(body)
        while message.get("more_body") and size <= self._max_body_bytes:
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        if size > self._max_body_bytes:
            raise _RefusedError(413, "PAYLOAD_TOO_LARGE", "The request body is too large.")
        return b"".join(chunks)

    async def _answer(self, request: _Request, context: RequestContext) -> dict[str, Any]:
        started_at = time.perf_counter()
        document = self._operations.document(request.query)
        if document.errors:
            kind = "invalid"
            answer: dict[str, Any] = {
                "errors": [
                    format_error(
                        error, context.request_id, request_error_code="GRAPHQL_VALIDATION_FAILED"
                    )
                    for error in document.errors
                ]
            }
        else:
            kind = document.kind(request.operationName)
            answer = await self._execute(document, request, context)
        outcome = "errors" if "errors" in answer else "ok"
        OPERATION_DURATION.labels(self._service, kind, outcome).observe(
            time.perf_counter() - started_at
        )
        return answer

    async def _execute(
        self, document: Document, request: _Request, context: RequestContext
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._operations.execute(
                    document, request.operationName, request.variables, self._context(context)
                )
        except TimeoutError:
            log.warning("operation took too long", request_id=context.request_id)
            return _problem(
                "The operation took too long.",
                {"code": "TIMEOUT", "requestId": context.request_id},
            )
        if not result.errors:
            return {"data": result.data}
        errors = [format_error(error, context.request_id) for error in result.errors]
        if result.data is None and not any(error.path for error in result.errors):
            return {"errors": errors}  # nothing was executed, so there is no data, not even null
        return {"data": result.data, "errors": errors}


def _problem(message: str, extensions: Mapping[str, object]) -> dict[str, Any]:
    return {
        "errors": [{"message": message, "extensions": {"requestId": uuid4().hex, **extensions}}]
    }
