from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from router.observations import FetchObservation, Observations
from router.telemetry.metrics import RouterMetrics


def samples(metrics: RouterMetrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def observed(outcome: str, *fetches: FetchObservation) -> Observations:
    observations = Observations("r")
    observations.operation_kind = "query"
    observations.outcome = outcome
    observations.fetches += fetches
    return observations


def test_requests_and_fetches_are_counted_by_outcome() -> None:
    metrics = RouterMetrics()
    fetch = FetchObservation("auth", 0.0, 0.2, "timeout", 0, 0, 0, 3)
    for outcome in ("ok", "ok", "QUERY_TOO_DEEP"):
        observations = observed(outcome)
        metrics.observe(observations, observations.started_s + 0.003)
    slow = observed("errors", fetch)
    metrics.observe(slow, slow.started_s + 30)
    found = samples(metrics)
    name = "router_request_duration_seconds"
    ok = (("kind", "query"), ("outcome", "ok"))
    assert found[f"{name}_count", ok] == 2
    assert found[f"{name}_bucket", (("kind", "query"), ("le", "0.0025"), ("outcome", "ok"))] == 0
    assert found[f"{name}_bucket", (("kind", "query"), ("le", "0.005"), ("outcome", "ok"))] == 2
    assert found[f"{name}_count", (("kind", "query"), ("outcome", "QUERY_TOO_DEEP"))] == 1
    assert found[f"{name}_sum", (("kind", "query"), ("outcome", "errors"))] == 30
    fetches = "router_fetch_duration_seconds_count"
    assert found[fetches, (("outcome", "timeout"), ("subgraph", "auth"))] == 1
    assert found["router_fetch_retries_total", (("subgraph", "auth"),)] == 2


def test_gauges_are_read_when_somebody_looks() -> None:
    metrics = RouterMetrics()
    values = [1.0]
    metrics.add_gauge("router_something", "For the test.", lambda: values[0])
    assert samples(metrics)["router_something", ()] == 1
    values[0] = 5
    assert samples(metrics)["router_something", ()] == 5


def test_reloads_are_counted() -> None:
    metrics = RouterMetrics()
    metrics.count_reload(is_taken=True)
    metrics.count_reload(is_taken=False)
    metrics.count_reload(is_taken=False)
    found = samples(metrics)
    assert found["router_supergraph_reloads_total", (("result", "taken"),)] == 1
    assert found["router_supergraph_reloads_total", (("result", "refused"),)] == 2
