"""What execution takes from a request, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from router.execution.ports import Headers
    from router.observations import Observations


class ExecutionContext(msgspec.Struct, eq=False):
    """One request's part in execution.

    Attributes:
        headers: Sent to every subgraph.
        deadline: By `time.monotonic`; fetches still running then fail, the rest is answered.
        request_id: For logs.
        observations: Each fetch is appended to its `fetches`.
        identity: What of the request the subgraphs' answers may depend on; requests with equal
            operations and identities may share a fetch in flight. None: all headers.
    """

    headers: Headers
    deadline: float
    request_id: str
    observations: Observations
    identity: Hashable = None

    def is_over(self) -> bool:
        """Whether the time for fetches is up."""
        return monotonic() >= self.deadline


@dataclass(frozen=True, slots=True)
class DeniedField:
    """Why a field of the client's operation is answered with null; the path is added per place."""

    message: str
    extensions: Mapping[str, Any] = field(default_factory=dict)


class ExecutionResult(msgspec.Struct):
    """The answer to one operation.

    Attributes:
        errors: GraphQL errors, JSON-able.
        body: The whole response, `{"data": ...}`, where nothing went wrong.
        completed: JSON text of the value of `data` where something did; `null` when null
            propagated to the root.
    """

    errors: list[dict[str, Any]]
    body: bytes | None = None
    completed: bytes = b"null"

    @property
    def data(self) -> bytes:
        """JSON text of the value of `data`."""
        return self.completed if self.body is None else bytes(_decode(self.body).data)


class _Response(msgspec.Struct):
    data: msgspec.Raw


_decode = msgspec.json.Decoder(_Response).decode
