"""Respond: the last stage; frames data and errors, and turns refusals into GraphQL errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from router.errors import ClientError, InvalidRequestError
from router.pipeline.request import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.execution import ExecutionResult
    from router.observations import Observations
    from router.policies.subgraph_errors import SubgraphErrorMask

_encode = msgspec.json.Encoder().encode


def respond(
    result: ExecutionResult,
    observations: Observations,
    mask: SubgraphErrorMask,
    extensions: dict[str, Any] | None = None,
) -> Answer:
    """The answer to an executed operation."""
    if result.body is not None and extensions is None:
        return Answer(result.body)
    data = result.data
    end = b"}" if extensions is None else b',"extensions":' + _encode(extensions) + b"}"
    if not result.errors:
        return Answer(b'{"data":' + data + end)
    request_id = observations.request_id
    errors = [mask.public(error, request_id) for error in result.errors]
    observations.outcome = "errors"
    observations.error_codes = [error["extensions"]["code"] for error in errors]
    body = b'{"errors":' + _encode(errors) + b',"data":' + data + end
    return Answer(body, 200, _retry_after(errors))


def refuse(error: ClientError | InvalidRequestError, observations: Observations) -> Answer:
    """The answer to a request that is not executed."""
    causes: Sequence[ClientError] = (
        error.errors if isinstance(error, InvalidRequestError) else (error,)
    )
    errors = [_graphql_error(cause, observations.request_id) for cause in causes]
    observations.outcome = causes[0].code
    observations.error_codes = [cause.code for cause in causes]
    headers = _retry_after(errors) + causes[0].headers
    return Answer(b'{"errors":' + _encode(errors) + b"}", causes[0].status, headers)


def fail(observations: Observations) -> Answer:
    """The answer when the router itself broke; says nothing about how."""
    error = ClientError("Internal server error", code="INTERNAL_SERVER_ERROR", status=500)
    return refuse(error, observations)


def give_up(observations: Observations) -> Answer:
    """The answer when the time is up."""
    if not observations.has_arrived:
        message = "The request did not arrive in time."
        return refuse(ClientError(message, code="TIMEOUT", status=408), observations)
    message = "The operation took too long."
    return refuse(ClientError(message, code="TIMEOUT", status=504), observations)


def _graphql_error(error: ClientError, request_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"message": error.message}
    if error.locations:
        shown["locations"] = error.locations
    if error.path:
        shown["path"] = error.path
    shown["extensions"] = {"code": error.code, **error.extensions, "requestId": request_id}
    return shown


def _retry_after(errors: Sequence[dict[str, Any]]) -> tuple[tuple[bytes, bytes], ...]:
    """`Retry-After`: the longest wait that an error asks for, in seconds."""
    waits = [
        wait
        for error in errors
        if type(wait := error["extensions"].get("retryAfter")) is int and wait > 0  # bool is one
    ]
    return ((b"retry-after", str(max(waits)).encode()),) if waits else ()
