"""Traces: one span a request, and under it one a stage and one a fetch, sent over OTLP.

The request's span is begun with the request, because subgraphs are told of it; what is under it
is made afterwards from observations, so that the hot path knows nothing of spans.
OpenTelemetry is loaded only where an endpoint is configured.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from router.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

    from router.observations import Observations

_INSTALL = "pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
_EPOCH_NS = time.time_ns() - time.monotonic_ns()


class Tracing:
    """Makes spans and hands them to an exporter in batches."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry import propagate, trace  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        resource = Resource.create({"service.name": "router"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("router")
        self._trace = trace
        self._propagate = propagate
        self._spans: dict[Observations, Span] = {}

    def begin(self, observations: Observations, headers: Mapping[bytes, bytes]) -> None:
        """Begin a request's span, under the client's if it sent a trace context."""
        span = self._tracer.start_span(
            "request",
            context=self._context_of(headers),
            kind=self._trace.SpanKind.SERVER,
            start_time=_epoch_ns(observations.started_s),
        )
        carrier: dict[str, str] = {}
        self._propagate.inject(carrier, self._trace.set_span_in_context(span))
        observations.traceparent = carrier.get("traceparent", "")
        observations.stages = []
        self._spans[observations] = span

    def end(self, observations: Observations, now_s: float) -> None:
        """Make the spans of what was observed and end the request's."""
        span = self._spans.pop(observations, None)
        if span is None:
            return
        if span.is_recording():
            self._describe(span, observations)
            self._add_children(self._trace.set_span_in_context(span), observations)
        span.end(_epoch_ns(now_s))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def _context_of(self, headers: Mapping[bytes, bytes]) -> Context:
        names = (b"traceparent", b"tracestate")
        carrier = {
            name.decode(): headers[name].decode("latin-1") for name in names if name in headers
        }
        return self._propagate.extract(carrier)

    @staticmethod
    def _describe(span: Span, observations: Observations) -> None:
        kind, name = observations.operation_kind, observations.operation_name
        span.update_name(f"{kind} {name}".strip() or "request")
        span.set_attribute("graphql.operation.type", kind)
        span.set_attribute("graphql.operation.name", name)
        span.set_attribute("graphql.document.hash", observations.operation_hash)
        span.set_attribute("http.response.status_code", observations.status)
        span.set_attribute("router.request_id", observations.request_id)
        span.set_attribute("router.outcome", observations.outcome)

    def _add_children(self, context: Context, observations: Observations) -> None:
        began_s = observations.started_s
        for stage, ended_s in observations.stages or ():
            child = self._tracer.start_span(stage, context, start_time=_epoch_ns(began_s))
            child.end(_epoch_ns(ended_s))
            began_s = ended_s
        for fetch in observations.fetches:
            child = self._tracer.start_span(
                f"fetch {fetch.subgraph}",
                context,
                kind=self._trace.SpanKind.CLIENT,
                start_time=_epoch_ns(fetch.started_s),
            )
            child.set_attribute("router.subgraph", fetch.subgraph)
            child.set_attribute("router.outcome", fetch.outcome)
            child.set_attribute("router.attempts", fetch.attempts)
            child.set_attribute("http.response.status_code", fetch.status)
            if fetch.outcome not in ("ok", "shared"):
                child.set_status(self._trace.StatusCode.ERROR, fetch.outcome)
            child.end(_epoch_ns(fetch.started_s + fetch.duration_s))


def otlp_exporter(endpoint: str) -> SpanExporter:
    """Sends spans to a collector over HTTP, to `/v1/traces` below the endpoint.

    Raises:
        StartupError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
    except ImportError as error:
        msg = f"ROUTER_OTEL_EXPORTER_OTLP_ENDPOINT needs OpenTelemetry: {_INSTALL}"
        raise StartupError(msg) from error
    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")


def _epoch_ns(moment_s: float) -> int:
    return _EPOCH_NS + int(moment_s * 1e9)
