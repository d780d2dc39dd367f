"""What happened while one request was answered; written by every layer, read by telemetry.

Nothing here logs or counts: the layers append plain values, and after the answer has been sent
telemetry turns them into a log line, metrics and spans. Times are seconds of `time.monotonic`;
the event loop's own clock may stand still for a millisecond.
"""

from __future__ import annotations

from time import monotonic
from typing import Literal, NamedTuple

import msgspec

FetchOutcome = Literal[
    "ok",
    "errors",
    "unreachable",
    "timeout",
    "invalid_response",
    "breaker_open",
    "shared",
]
"""`errors`: a GraphQL answer with errors. `shared`: took the answer of an equal fetch in flight."""


class FetchObservation(msgspec.Struct):
    """One request to a subgraph, all its attempts together.

    Attributes:
        subgraph: Name as in the supergraph.
        started_s: When it was sent.
        duration_s: Until the answer was read, or given up.
        outcome: How it ended.
        status: HTTP status of the last attempt; 0 without one (in-process, unreachable).
        request_bytes: Size of the body sent.
        response_bytes: Size of the body received.
        attempts: 1 when nothing was retried.
    """

    subgraph: str
    started_s: float
    duration_s: float
    outcome: FetchOutcome
    status: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    attempts: int = 1


StageObservation = tuple[str, float]
"""A stage of the pipeline and when it ended. It began where the one before it ended."""


class OperationUse(NamedTuple):
    """One operation that a client has sent.

    Attributes:
        hash: As in `Observations.operation_hash`.
        name: As in `Observations.operation_name`.
        client: Name of the client's program, as it says; "" if it does not.
        coordinates: Everything of the schema that it relies on.
    """

    hash: str
    name: str
    client: str
    coordinates: tuple[str, ...]


class Observations(msgspec.Struct, eq=False):
    """Filled while a request passes through the router.

    Attributes:
        request_id: Sent on to subgraphs and back to the client.
        started_s: Start of the request.
        traceparent: W3C trace context that subgraphs get; "" passes the client's on.
        client_address: Address the request counts for, proxies already taken off.
        viewer: User id of a good token; "" for anonymous callers.
        operation_name: As the document names it; "" for an anonymous operation.
        operation_kind: "query", "mutation", "subscription"; "" before it is known.
        operation_hash: Short SHA-256 of the document's text; "" before it is known.
        uses: Operations and what they rely on; empty unless the usage file asks for them.
        has_arrived: The request was read to its end.
        outcome: "ok", "errors" (answered, with errors in fields), "client_gone" (nobody waited for
            the answer any more), or the code of the refusal.
        error_codes: `extensions.code` of each error sent.
        stages: In order of their end; None: nobody asks for them.
        fetches: In order of their end.
        status: HTTP status sent.
        response_bytes: Size of the body sent, before compression.
    """

    request_id: str
    started_s: float = msgspec.field(default_factory=monotonic)
    traceparent: str = ""
    client_address: str = ""
    viewer: str = ""
    operation_name: str = ""
    operation_kind: str = ""
    operation_hash: str = ""
    uses: tuple[OperationUse, ...] = ()
    has_arrived: bool = False
    outcome: str = "ok"
    error_codes: list[str] = []
    stages: list[StageObservation] | None = None
    fetches: list[FetchObservation] = []
    status: int = 0
    response_bytes: int = 0

    def mark(self, stage: str) -> None:
        """Note that a stage has ended."""
        if self.stages is not None:
            self.stages.append((stage, monotonic()))
