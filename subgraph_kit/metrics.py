"""Numbers for Prometheus that every subgraph counts alike."""

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

OPERATION_DURATION = Histogram(
    "graphql_operation_duration_seconds",
    "Time from the request's last byte to the answer's first.",
    ["service", "kind", "outcome"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
EVENTS_PUBLISHED = Counter(
    "events_published_total", "Events the broker confirmed.", ["service", "type"]
)
EVENTS_CONSUMED = Counter(
    "events_consumed_total", "Events that took effect or were repeats.", ["service", "type"]
)
EVENTS_DEAD = Counter(
    "events_dead_total", "Events given up after the last try.", ["service", "type"]
)
OUTBOX_LAG = Gauge(
    "outbox_lag_seconds", "Age of the oldest event not yet published.", ["service"],
    multiprocess_mode="max",
)  # fmt: skip


def metrics_routes(registry: CollectorRegistry = REGISTRY) -> APIRouter:
    """`/metrics` in Prometheus' text form."""
    router = APIRouter()

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
