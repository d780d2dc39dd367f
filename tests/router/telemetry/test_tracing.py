from __future__ import annotations

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from router.observations import FetchObservation, Observations
from router.telemetry.tracing import Tracing

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CLIENT = {b"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01".encode()}


def test_a_request_becomes_a_tree_of_spans_under_the_clients() -> None:
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    observations = Observations("request-1")
    tracing.begin(observations, CLIENT)
    observations.operation_kind, observations.operation_name = "query", "Tasks"
    observations.mark("identify")
    observations.mark("execute")
    started_s = observations.started_s
    observations.fetches += [
        FetchObservation("auth", started_s, 0.25, "ok", 200),
        FetchObservation("tasks", started_s, 0.5, "timeout", 0, attempts=2),
    ]
    tracing.end(observations, started_s + 1)
    tracing.close()
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"query Tasks", "identify", "execute", "fetch auth", "fetch tasks"}
    request = spans["query Tasks"]
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == TRACE_ID
    assert observations.traceparent == f"00-{TRACE_ID}-{request.context.span_id:016x}-01"
    assert request.start_time is not None
    assert request.end_time == request.start_time + 1_000_000_000
    for name in ("identify", "execute", "fetch auth", "fetch tasks"):
        parent = spans[name].parent
        assert parent is not None
        assert parent.span_id == request.context.span_id
    assert spans["fetch tasks"].status.status_code is StatusCode.ERROR
    assert spans["fetch auth"].status.status_code is StatusCode.UNSET


def test_a_request_without_a_trace_context_begins_a_trace() -> None:
    tracing = Tracing(InMemorySpanExporter())
    first, second = Observations("1"), Observations("2")
    tracing.begin(first, {})
    tracing.begin(second, {b"traceparent": b"nonsense"})
    assert first.traceparent.startswith("00-")
    assert first.traceparent.split("-")[1] != second.traceparent.split("-")[1]
    tracing.close()
