"""The stub subgraphs answer right, and a report says what was measured."""

import json
import statistics
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.router import bare, report
from benchmarks.router.stub import GRAPHS, Subgraph
from benchmarks.router.workloads import TWO_FETCHES, WORKLOADS, Workload
from router.composition import SubgraphDefinition, compose


def asked(subgraph: str, query: str, **variables: object) -> object:
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = json.loads(Subgraph(subgraph).answer(body))
    assert "errors" not in answer
    return answer["data"]


@pytest.mark.parametrize("graph", sorted(path.name for path in GRAPHS.iterdir()))
def test_each_graph_composes(graph: str) -> None:
    files = sorted((GRAPHS / graph).glob("*.graphql"))
    composition = compose([SubgraphDefinition(f.stem, "http://x", f.read_text()) for f in files])
    assert composition.errors == ()


def test_the_stub_keeps_requests_apart_that_differ_in_the_unique_value() -> None:
    subgraph = Subgraph("tasks/tasks")
    query = "query ($page: String!) { tasks(page: $page, first: 1) { page nodes { id } } }"
    for page in ("page-7", "page-8", "page-7"):
        body = json.dumps({"query": query, "variables": {"page": page}}).encode()
        assert json.loads(subgraph.answer(body)) == {
            "data": {"tasks": {"page": page, "nodes": [{"id": "task_0"}]}}
        }


def test_the_stub_resolves_references_in_their_order() -> None:
    query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { username } } }"
    references = [{"__typename": "User", "id": f"user_{number}"} for number in (3, 1, 3)]
    names = [{"username": f"person{number}"} for number in (3, 1, 3)]
    assert asked("tasks/users", query, r=references) == {"_entities": names}


def test_a_cost_needs_what_it_requires() -> None:
    query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Task { cost } } }"
    full = {"__typename": "Task", "id": "task_1", "estimateHours": 2}
    assert asked("projects/billing", query, r=[full]) == {"_entities": [{"cost": 15000}]}
    body = json.dumps({"query": query, "variables": {"r": [{**full, "estimateHours": None}]}})
    assert b"errors" in Subgraph("projects/billing").answer(body.encode())


def test_the_bare_server_answers_like_a_router() -> None:
    answer = json.loads(bare.template(TWO_FETCHES, 20))["data"]["tasks"]
    query = "query ($page: String!) { tasks(page: $page, first: 20) { nodes { id title } } }"
    stub = asked("tasks/tasks", query, page="page-1")
    assert isinstance(stub, dict)
    nodes = [{name: node[name] for name in ("id", "title")} for node in answer["nodes"]]
    assert nodes == stub["tasks"]["nodes"]
    assert {node["owner"]["username"] for node in answer["nodes"]} == {
        f"person{number}" for number in range(5)
    }


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_request_carries_its_proof(workload: Workload) -> None:
    assert workload.proof(5) in workload.body(5)
    assert (workload.body(5) == workload.body(6)) is not workload.is_unique


def result(name: str, *rounds: float, is_ours: bool = False) -> report.ContenderResult:
    row = dict.fromkeys(("per_second", "p50_us", "p99_us", "alone_p50_us", "answer_bytes"), 1000.0)
    workload = "two fetches, 20 tasks, unique"
    workloads = {workload: {**row, "cpu_us": statistics.median(rounds)}}
    return report.ContenderResult(
        name, "1.0", 60, workloads, 0.5, is_ours, cpu_us_by_round={workload: rounds}
    )


def test_a_report_has_tables_a_picture_and_numbers(tmp_path: Path) -> None:
    contenders = [
        result("router", 100, 110, 300, is_ours=True),
        result("router, all on", 125, 150, 300, is_ours=True),
        result(report.HIVE, 900, 880, 2400),
        result(report.APOLLO, 950, 990, 2850),
    ]
    results = report.Results(contenders, [("Grafbase", "not installed")], "s", "m", "2026-11-21")
    report.write(results, tmp_path)
    text = (tmp_path / "router.md").read_text()
    start = "| two fetches, 20 tasks, unique | CPU |"
    assert f"{start} {report.HIVE} | 8 |  | 8.0 | 7.2, missed |" in text
    assert f"{start} {report.APOLLO} | 10 |  | 9.5, missed | 7.6, missed |" in text
    assert "- Grafbase: not installed" in text
    picture = ET.parse(tmp_path / "router.svg").getroot()  # noqa: S314 (written by us)
    assert picture.tag.endswith("svg")
    numbers = json.loads((tmp_path / "router.json").read_text())
    assert [c["name"] for c in numbers["contenders"]] == [c.name for c in contenders]
