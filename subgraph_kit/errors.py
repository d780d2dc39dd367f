"""Errors of a request: what the program did wrong or the server could not do.

What the person at the screen can fix is data (`userErrors`) and no exception.

    RequestError
    ├── UnauthenticatedError    UNAUTHENTICATED, with why the token is not accepted
    ├── ForbiddenError          FORBIDDEN, with the scopes that would do
    ├── BadUserInputError       BAD_USER_INPUT, with the argument
    ├── RateLimitedError        RATE_LIMITED, with the seconds to wait
    └── UnavailableError        SERVICE_OVERLOADED, with the seconds to wait

A database that does not answer counts as UnavailableError. Every other exception that leaves a
resolver is a fault of ours: logged here with its traceback, shown to the client as
INTERNAL_SERVER_ERROR and nothing more.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import asyncpg
import structlog
from graphql import GraphQLError, GraphQLSyntaxError, VariableDefinitionNode

log = structlog.get_logger()

DATABASE_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of something
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # stopping, starting, crashed, or ended the statement
    asyncpg.InsufficientResourcesError,  # no more connections, memory or disk
    asyncpg.TransactionRollbackError,  # the victim of a deadlock
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is not yet the primary
)
"""What a database raises that cannot do its work at the moment: trying again may help."""


class TokenProblem(Enum):
    """Why there is no viewer; the value is `extensions.reason`."""

    MISSING = "TOKEN_MISSING"
    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "TOKEN_INVALID"
    SESSION_ENDED = "SESSION_ENDED"


_TOKEN_PROBLEM_TEXT = {
    TokenProblem.MISSING: "Log in: send an access token as `Authorization: Bearer …`.",
    TokenProblem.EXPIRED: "The access token has expired: get a new one.",
    TokenProblem.INVALID: "This is no access token of ours; send one as `Authorization: Bearer …`.",
    TokenProblem.SESSION_ENDED: "The session of the access token has ended: log in again.",
}


class RequestError(Exception):
    """A problem that the client is told as `errors[]` with a stable code."""

    def __init__(self, code: str, message: str, extra: dict[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extensions: dict[str, object] = {"code": code, **(extra or {})}


class UnauthenticatedError(RequestError):
    def __init__(self, problem: TokenProblem) -> None:
        super().__init__("UNAUTHENTICATED", _TOKEN_PROBLEM_TEXT[problem], {"reason": problem.value})
        self.problem = problem


class ForbiddenError(RequestError):
    """A good token without the scope, or somebody else's.

    Args:
        message: What is refused.
        required_scopes: Any of these lists would do, all of the scopes in it; empty when no scope
            would help.
    """

    def __init__(self, message: str, required_scopes: Sequence[Sequence[str]] = ()) -> None:
        extra: dict[str, object] = {}
        if required_scopes:
            extra["requiredScopes"] = [list(scopes) for scopes in required_scopes]
        super().__init__("FORBIDDEN", message, extra)


class BadUserInputError(RequestError):
    def __init__(self, argument: str, message: str) -> None:
        super().__init__("BAD_USER_INPUT", message, {"argument": argument})


class RateLimitedError(RequestError):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "RATE_LIMITED",
            f"Too many attempts. Try again in {retry_after_s} s.",
            {"retryAfter": retry_after_s},
        )
        self.retry_after_s = retry_after_s


class UnavailableError(RequestError):
    """Something that this service needs does not answer at the moment."""

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__("SERVICE_OVERLOADED", message, {"retryAfter": retry_after_s})
        self.retry_after_s = retry_after_s


def format_error(
    error: GraphQLError, request_id: str, *, request_error_code: str = "BAD_USER_INPUT"
) -> dict[str, Any]:
    """One entry of `errors[]`, with code and request id, our own faults masked.

    Args:
        error: As graphql-core or Strawberry reports it.
        request_id: Told to the client and written beside the masked fault in the log.
        request_error_code: Code of an error that has neither cause nor code: pass
            `GRAPHQL_VALIDATION_FAILED` for what validation reports; the rest is variables and
            arguments that cannot be coerced.
    """
    extensions, message = _classify(error, request_id, request_error_code)
    extensions["requestId"] = request_id
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    formatted["extensions"] = extensions
    return formatted


def _classify(
    error: GraphQLError, request_id: str, request_error_code: str
) -> tuple[dict[str, Any], str]:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, DATABASE_AWAY) and not isinstance(cause, asyncpg.DataError):
        log.warning("the database does not answer", request_id=request_id, reason=repr(cause))
        cause = UnavailableError("The database does not answer at the moment.")
    if isinstance(cause, RequestError):
        return dict(cause.extensions), cause.message
    if isinstance(cause, GraphQLSyntaxError):
        return {"code": "GRAPHQL_PARSE_FAILED"}, error.message
    if isinstance(cause, GraphQLError):
        said = {**(cause.extensions or {}), **(error.extensions or {})}
        extensions = {"code": said.get("code", request_error_code)}
        argument = said.get("argument") or _variable(error)
        if extensions["code"] == "BAD_USER_INPUT" and argument is not None:
            extensions["argument"] = argument
        return extensions, error.message
    log.error(
        "unexpected error in a resolver",
        request_id=request_id,
        path=error.path,
        exc_info=cause,
    )
    return {"code": "INTERNAL_SERVER_ERROR"}, "Internal server error."


def _variable(error: GraphQLError) -> str | None:
    """The variable that could not be coerced, when the error is about one."""
    for node in error.nodes or ():
        if isinstance(node, VariableDefinitionNode):
            return node.variable.name.value
    return None
