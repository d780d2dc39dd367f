"""Prometheus metrics, counted from observations.

The hot path only adds to plain lists; Prometheus's own objects are made when somebody scrapes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from router.observations import Observations

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BOUNDS = [*map(str, _BUCKETS_S), "+Inf"]

Gauge = Callable[[], float]


class _Durations:
    """A histogram of seconds for every combination of labels."""

    __slots__ = ("_description", "_labels", "_name", "_series")

    def __init__(self, name: str, description: str, labels: tuple[str, ...]) -> None:
        self._name = name
        self._description = description
        self._labels = labels
        self._series: dict[tuple[str, ...], list[float]] = {}

    def add(self, labels: tuple[str, ...], duration_s: float) -> None:
        series = self._series.get(labels)
        if series is None:  # a count for each bound, and the sum at the end
            series = self._series[labels] = [0.0] * (len(_BOUNDS) + 1)
        series[bisect_left(_BUCKETS_S, duration_s)] += 1
        series[-1] += duration_s

    def family(self) -> Metric:
        family = HistogramMetricFamily(self._name, self._description, labels=self._labels)
        for labels, (*counts, total_s) in self._series.items():
            total = 0.0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip(_BOUNDS, counts, strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric(labels, buckets, total_s)
        return family


class RouterMetrics(Collector):
    """Counts what happened; one object a router."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        self._requests = _Durations(
            "router_request_duration_seconds",
            "Time from the request's headers to its answer, by kind of operation and outcome: "
            "ok, errors (in fields), or the code of the refusal.",
            ("kind", "outcome"),
        )
        self._fetches = _Durations(
            "router_fetch_duration_seconds",
            "Time of a request to a subgraph, all attempts together, by outcome.",
            ("subgraph", "outcome"),
        )
        self._retries: dict[str, int] = {}
        self._reloads = {"taken": 0, "refused": 0}
        self._gauges: dict[str, tuple[str, Gauge]] = {}

    def observe(self, observations: Observations, now_s: float) -> None:
        """Count one request."""
        kind = observations.operation_kind or "none"
        self._requests.add((kind, observations.outcome), now_s - observations.started_s)
        for fetch in observations.fetches:
            self._fetches.add((fetch.subgraph, fetch.outcome), fetch.duration_s)
            if fetch.attempts > 1:
                known = self._retries.get(fetch.subgraph, 0)
                self._retries[fetch.subgraph] = known + fetch.attempts - 1

    def count_reload(self, *, is_taken: bool) -> None:
        """Count a supergraph file that was taken, or refused because it is broken."""
        self._reloads["taken" if is_taken else "refused"] += 1

    def add_gauge(self, name: str, description: str, value: Gauge) -> None:
        """Show a value that is read when somebody scrapes."""
        self._gauges[name] = (description, value)

    def collect(self) -> Iterator[Metric]:
        """For Prometheus's registry."""
        yield self._requests.family()
        yield self._fetches.family()
        yield _counter(
            "router_fetch_retries",
            "Repeated requests to a subgraph.",
            "subgraph",
            self._retries.items(),
        )
        yield _counter(
            "router_supergraph_reloads",
            "Changed supergraph files: taken, or refused because they are broken.",
            "result",
            self._reloads.items(),
        )
        for name, (description, value) in self._gauges.items():
            yield GaugeMetricFamily(name, description, value=value())

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self.registry)


def _counter(
    name: str, description: str, label: str, values: Iterable[tuple[str, int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, description, labels=(label,))
    for value, count in values:
        family.add_metric((value,), count)
    return family
