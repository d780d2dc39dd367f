"""What execution takes from a request, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from router.execution.ports import Headers
    from router.observations import Observations


class ExecutionContext:
    """One request's part in execution.

    Attributes:
        headers: Sent to every subgraph.
        deadline: On the event loop's clock; fetches still running then fail, the rest is answered.
        request_id: For logs.
        observations: Each fetch is appended to its `fetches`.
        identity: What of the request the subgraphs' answers may depend on; requests with equal
            operations and identities may share a fetch in flight. Defaults to all headers.
    """

    __slots__ = ("deadline", "headers", "identity", "observations", "request_id")

    def __init__(
        self,
        headers: Headers,
        deadline: float,
        request_id: str,
        observations: Observations,
        identity: Hashable = None,
    ) -> None:
        self.headers = headers
        self.deadline = deadline
        self.request_id = request_id
        self.observations = observations
        self.identity = headers if identity is None else identity


@dataclass(frozen=True, slots=True)
class DeniedField:
    """Why a field of the client's operation is answered with null; the path is added per place."""

    message: str
    extensions: Mapping[str, Any] = field(default_factory=dict)


class ExecutionResult(msgspec.Struct):
    """The answer to one operation.

    Attributes:
        data: JSON text of the value of `data`; `null` when null propagated to the root.
        errors: GraphQL errors, JSON-able.
    """

    data: bytes
    errors: list[dict[str, Any]]
