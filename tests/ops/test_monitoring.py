"""Alerts and dashboard ask for what the components tell, and fire when they shall."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, cast, get_args

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from router.observations import FetchObservation, FetchOutcome, Observations
from router.telemetry.metrics import RouterMetrics
from subgraph_kit.inbox import Inbox, Progress
from subgraph_kit.metrics import EVENTS_DEAD, OPERATION_DURATION, OUTBOX_LAG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from subgraph_kit.database import Database, UnitOfWork
    from subgraph_kit.events import Event

CHECKOUT = Path(__file__).resolve().parents[2]
OPS = CHECKOUT / "ops"
FOLDER = Path(__file__).parent

GAUGES_OF_SETTINGS = {"router_revocations_age_seconds": set[str]()}
ADDED_BY_PROMETHEUS = {"le", "job", "instance"}


def expressions() -> Iterator[str]:
    for group in yaml.safe_load((OPS / "prometheus" / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]
    dashboard = json.loads((OPS / "grafana" / "dashboards" / "federated-tasks.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def told() -> dict[str, set[str]]:
    """Labels of every sample that a component may tell, by name."""
    metrics = RouterMetrics()
    observations = Observations("1")
    observations.fetches.append(FetchObservation("auth", 0, 0, "ok", attempts=2))
    metrics.observe(observations, 0)
    known: dict[str, set[str]] = {"up": set(), **GAUGES_OF_SETTINGS}
    for family in text_string_to_metric_families(metrics.text().decode()):
        known.update({sample.name: set(sample.labels) for sample in family.samples})
    for metric, endings in (
        (OPERATION_DURATION, ("_bucket", "_count", "_sum")),
        (EVENTS_DEAD, ("_total",)),
        (OUTBOX_LAG, ("",)),
    ):
        known.update({metric._name + ending: set(metric._labelnames) for ending in endings})
    return known


@pytest.mark.parametrize("expression", list(expressions()))
def test_an_expression_asks_for_what_is_told(expression: str) -> None:
    known = told()
    names = re.findall(r"\b([a-z]+(?:_[a-z]+)+|up)(?=[\[{) ])", expression)
    assert names
    assert set(names) <= known.keys()
    labels = set(re.findall(r'(\w+)=~?"', expression))
    for grouping in re.findall(r"by \(([^)]*)\)", expression):
        labels.update(grouping.split(", "))
    assert labels <= ADDED_BY_PROMETHEUS.union(*(known[name] for name in names))


def test_the_first_dead_event_is_an_increase() -> None:
    """A series that begins at one has not increased: it has to be there before."""

    async def handle(event: Event, work: UnitOfWork) -> Progress:
        return Progress.DONE

    database = cast("Database", None)
    Inbox(database, service="monitored", queue="q", handlers={"user.deleted": handle})
    for event_type in ("user.deleted", "unreadable"):
        labels = {"service": "monitored", "type": event_type}
        assert REGISTRY.get_sample_value("events_dead_total", labels) == 0


def test_the_outcomes_that_alerts_count_exist() -> None:
    codes = set(
        re.findall(r"^\| `([A-Z_]+)`", (CHECKOUT / "docs" / "errors.md").read_text(), re.MULTILINE)
    )
    for expression in expressions():
        for outcomes in re.findall(r'outcome=~"([^"]*)"', expression):
            assert set(outcomes.split("|")) <= codes | set(get_args(FetchOutcome))


def program(name: str) -> str:
    path = which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_shall(tmp_path: Path) -> None:
    promtool = program("promtool")
    run(promtool, "test", "rules", "alerts_test.yml")
    config = (OPS / "prometheus" / "prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(
        config.replace("/etc/prometheus/", f"{OPS / 'prometheus'}/")
    )
    run(promtool, "check", "config", str(tmp_path / "prometheus.yml"))


def test_the_tls_proxy_takes_its_configuration(tmp_path: Path) -> None:
    caddy, file = program("caddy"), tmp_path / "Caddyfile"
    text = (OPS / "caddy" / "Caddyfile").read_text()
    file.write_text(text.replace("{$PUBLIC_NAME}", "tasks.example"))
    run(caddy, "adapt", "--adapter", "caddyfile", "--config", str(file))
