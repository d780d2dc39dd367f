"""What happened while one request was answered; written by every layer, read by telemetry.

Nothing here logs or counts: the layers append plain values, and after the answer has been sent
telemetry turns them into a log line, metrics and spans. Times are seconds of `time.monotonic`;
the event loop's own clock may stand still for a millisecond.
"""

from __future__ import annotations

from time import monotonic
from typing import Literal, NamedTuple

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


class FetchObservation(NamedTuple):
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


class Observations:
    """Filled while a request passes through the router.

    Attributes:
        started_s: Start of the request.
        request_id: Sent on to subgraphs and back to the client.
        traceparent: W3C trace context that subgraphs get; "" passes the client's on.
        client_address: Address the request counts for, proxies already taken off.
        viewer: User id of a good token; "" for anonymous callers.
        operation_name: As the document names it; "" for an anonymous operation.
        operation_kind: "query", "mutation", "subscription"; "" before it is known.
        operation_hash: Short SHA-256 of the document's text; "" before it is known.
        coordinates: What the operation relies on; empty unless the usage file asks for it.
        client: Name of the client's program, as it says; "" if it does not.
        outcome: "ok", "errors" (answered, with errors in fields), "client_gone" (the request never
            came whole), or the code of the refusal.
        error_codes: `extensions.code` of each error sent.
        stages: In order of their end.
        fetches: In order of their end.
        status: HTTP status sent.
        response_bytes: Size of the body sent, before compression.
    """

    __slots__ = (
        "client",
        "client_address",
        "coordinates",
        "error_codes",
        "fetches",
        "operation_hash",
        "operation_kind",
        "operation_name",
        "outcome",
        "request_id",
        "response_bytes",
        "stages",
        "started_s",
        "status",
        "traceparent",
        "viewer",
    )

    def __init__(self, request_id: str) -> None:
        self.started_s = monotonic()
        self.request_id = request_id
        self.traceparent = ""
        self.client_address = ""
        self.viewer = ""
        self.operation_name = ""
        self.operation_kind = ""
        self.operation_hash = ""
        self.coordinates: tuple[str, ...] = ()
        self.client = ""
        self.outcome = "ok"
        self.error_codes: list[str] = []
        self.stages: list[StageObservation] = []
        self.fetches: list[FetchObservation] = []
        self.status = 0
        self.response_bytes = 0

    def mark(self, stage: str) -> None:
        """Note that a stage has ended."""
        self.stages.append((stage, monotonic()))
