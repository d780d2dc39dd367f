"""Every error the router raises.

    RouterError
    ├── ClientError     the request cannot be answered as asked; made only of what the client sent
    ├── InvalidRequestError  several of them at once: everything validation found
    ├── SubgraphError   one fetch failed; becomes an error in the response, the rest stays
    ├── StartupError    the router cannot start as configured; names the setting or file
    └── PlanBugError    our mistake: logged with the operation's hash, masked for the client

Codes are listed in docs/errors.md and never reused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


class RouterError(Exception):
    """Base of all errors of the router."""


class ClientError(RouterError):
    """The client can mend it; `message` holds nothing but what the client sent.

    Attributes:
        code: `extensions.code` of the GraphQL error.
        status: HTTP status for `application/graphql-response+json`.
        extensions: Further extensions, for example `{"limit": 10}`.
        locations: Places in the document, as in the GraphQL specification.
        path: Response path of the field that may not be answered; empty when it is about the
            whole request.
        headers: Of the response.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = 400,
        extensions: dict[str, Any] | None = None,
        locations: list[dict[str, int]] | None = None,
        path: Sequence[str | int] = (),
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.extensions = extensions or {}
        self.locations = locations or []
        self.path = tuple(path)
        self.headers = headers


class InvalidRequestError(RouterError):
    """Everything that is wrong with one request; never empty.

    Attributes:
        errors: In the order in which they were found; the first decides code and status.
    """

    def __init__(self, errors: Sequence[ClientError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)


def causes_of(error: ClientError | InvalidRequestError) -> tuple[ClientError, ...]:
    """What is wrong, to be told again later: without the traceback and all that it holds."""
    if isinstance(error, InvalidRequestError):
        return error.errors
    return (
        ClientError(
            error.message,
            code=error.code,
            status=error.status,
            extensions=error.extensions,
            locations=error.locations,
            path=error.path,
            headers=error.headers,
        ),
    )


SubgraphFailure = Literal["unreachable", "timeout", "invalid_response", "breaker_open"]


class SubgraphError(RouterError):
    """A fetch gave no usable answer.

    Attributes:
        subgraph: Name of the subgraph.
        failure: What went wrong, for logs and metrics; the client sees SUBGRAPH_UNAVAILABLE.
        detail: For the log only.
    """

    def __init__(self, subgraph: str, failure: SubgraphFailure, detail: str) -> None:
        super().__init__(f"subgraph {subgraph}: {failure}: {detail}")
        self.subgraph = subgraph
        self.failure = failure
        self.detail = detail


class StartupError(RouterError):
    """The configuration cannot work; the process ends with this one line."""


class PlanBugError(RouterError):
    """A plan broke an invariant that a sound planner guarantees."""
