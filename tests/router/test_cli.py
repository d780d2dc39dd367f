from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from router.cli import main
from tests.router.policies.accounts_supergraph import SDL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE_S = 30.0

CONFIGURATION = """
federation_version: "2.9"
subgraphs:
  users:
    routing_url: http://users.invalid/graphql
    schema:
      file: users.graphql
  tasks:
    routing_url: http://tasks.invalid/graphql
    schema:
      file: tasks.graphql
"""
LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'
USERS = LINK + 'type Query { me: User } type User @key(fields: "id") { id: ID! name: String }'
TASKS = (
    LINK
    + "type Query { tasks: [Task] } type Task { title: String owner: User }"
    + ' type User @key(fields: "id") { id: ID! }'
)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    (tmp_path / "users.graphql").write_text(USERS)
    (tmp_path / "tasks.graphql").write_text(TASKS)
    path = tmp_path / "supergraph.yaml"
    path.write_text(CONFIGURATION)
    return path


@pytest.fixture
def supergraph(tmp_path: Path) -> Path:
    path = tmp_path / "supergraph.graphql"
    path.write_text(SDL)
    return path


def test_compose_writes_a_supergraph(configuration: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.graphql"
    assert main(["compose", str(configuration), "-o", str(output)]) == 0
    assert "join__Graph" in output.read_text()


def test_compose_takes_the_configuration_that_is_here(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(configuration.parent)
    assert main(["compose"]) == 0
    assert "join__Graph" in capsys.readouterr().out


def test_compose_remarks_on_contracts(
    configuration: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compose", str(configuration), "--exclude-tag", "internl"]) == 0
    assert 'nothing carries @tag(name: "internl")' in capsys.readouterr().err
    assert main(["compose", str(configuration), "--include-tag", "public"]) == 1
    assert "--include-tag" in capsys.readouterr().err


def test_compose_answers_as_json(configuration: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compose", str(configuration), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    assert "join__Graph" in answer["supergraph"]
    assert answer["errors"] == []


def test_subgraphs_that_do_not_fit_are_an_answer(
    configuration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tasks.graphql").write_text(LINK + "type Query { me: Int }")
    assert main(["compose", str(configuration), "--format", "json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["supergraph"]) == (False, None)
    error = answer["errors"][0]
    assert set(error) == {"code", "message", "subgraphs", "locations"}
    assert main(["compose", str(configuration)]) == 1
    assert error["code"] in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", ["", "subgraphs: {}", "subgraphs: {a: {}}", "a: [", "subgraphs: [1]"]
)
def test_a_wrong_configuration_is_wrong_usage(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text(content)
    assert main(["compose", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api-schema", str(tmp_path / "gone.graphql")]) == 2
    assert "gone.graphql: No such file" in capsys.readouterr().err


def test_the_api_schema_shows_no_machinery(
    supergraph: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["api-schema", str(supergraph)]) == 0
    printed = capsys.readouterr().out
    assert "type User" in printed
    assert "join__" not in printed


def plan(supergraph: Path, operation: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(operation))
    return main(["plan", str(supergraph), "-", *arguments])


def test_a_plan_is_printed(
    supergraph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    operation = "{ tasks { nodes { owner { username } } } }"
    assert plan(supergraph, operation, monkeypatch) == 0
    assert 'Fetch(service: "tasks")' in capsys.readouterr().out
    assert plan(supergraph, operation, monkeypatch, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "QueryPlan"


@pytest.mark.parametrize("product", ["normalize", "paths", "fetch-graph"])
def test_what_planning_makes_on_the_way_is_printed(
    product: str,
    supergraph: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("{ me { username } }"))
    assert main([product, str(supergraph), "-"]) == 0
    assert "me" in capsys.readouterr().out


def test_the_query_graph_is_printed(supergraph: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", str(supergraph), "--type", "User"]) == 0
    assert "User" in capsys.readouterr().out


def test_a_plan_is_drawn(
    supergraph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(supergraph, "{ version }", monkeypatch, "--format", "mermaid") == 0
    assert "flowchart" in capsys.readouterr().out


def test_an_operation_that_does_not_fit_has_no_plan(
    supergraph: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plan(supergraph, "{ nope }", monkeypatch) == 1
    assert "GRAPHQL_VALIDATION_FAILED" in capsys.readouterr().err


def test_wrong_arguments_are_wrong_usage() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["fly"])
    assert caught.value.code == 2


@contextmanager
def served(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "router", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def address(process: subprocess.Popen[str]) -> str:
    """The address that the router announces; waits until it is ready."""
    assert process.stdout is not None
    line = next(line for line in process.stdout if " at http://" in line).strip()
    base = line.rpartition(" at ")[2].removesuffix("/graphql")
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            assert httpx.get(f"{base}/health/ready", timeout=_PATIENCE_S).status_code == 200
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return base


def post(base: str, query: str) -> Any:
    return httpx.post(f"{base}/graphql", json={"query": query}, timeout=_PATIENCE_S).json()


def test_every_line_is_json_where_log_lines_are(
    supergraph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUTER_LOG_FORMAT", "json")
    with served("--supergraph", str(supergraph), "--port", "0") as process:
        assert process.stdout is not None
        events = (json.loads(line)["event"] for line in process.stdout)
        assert any(f"{supergraph} at http://" in event for event in events)
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    for line in rest.splitlines():
        json.loads(line)


def test_a_served_supergraph_answers_and_stops_cleanly(supergraph: Path) -> None:
    with served("--supergraph", str(supergraph), "--port", "0") as process:
        base = address(process)
        assert post(base, "{ __typename }") == {"data": {"__typename": "Query"}}
        for path in ("/health", "/health/live", "/metrics", "/"):
            assert httpx.get(base + path, timeout=_PATIENCE_S).status_code == 200
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in output + errors


def test_several_processes_serve_one_port(supergraph: Path) -> None:
    arguments = ("--supergraph", str(supergraph), "--port", "0", "--workers", "2")
    with served(*arguments) as process:
        base = address(process)
        assert post(base, "{ __typename }") == {"data": {"__typename": "Query"}}
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=40)
    assert "Traceback" not in output + errors


def test_a_changed_supergraph_is_taken_and_a_broken_one_refused(supergraph: Path) -> None:
    with served("--supergraph", str(supergraph), "--port", "0") as process:
        base = address(process)
        supergraph.write_text(SDL[: len(SDL) // 2])
        deadline = time.monotonic() + _PATIENCE_S
        while 'reloads_total{result="refused"} 1.0' not in metrics(base):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert "errors" not in post(base, "{ ...F } fragment F on Query { __typename }")
        supergraph.write_text(SDL.replace("version: String", "edition: String"))
        while 'reloads_total{result="taken"} 1.0' not in metrics(base):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        names = post(base, '{ __type(name: "Query") { fields { name } } }')["data"]["__type"]
    assert "edition" in [field["name"] for field in names["fields"]]


def metrics(base: str) -> str:
    return httpx.get(f"{base}/metrics", timeout=_PATIENCE_S).text


def test_a_taken_port_is_told_in_one_line(supergraph: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = start_in_vain("--supergraph", str(supergraph), "--port", str(port))
    assert result.stderr == (
        f"router serve: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    )


def test_a_broken_supergraph_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.graphql"
    path.write_text("type Query {")
    result = start_in_vain("--supergraph", str(path), "--port", "0")
    assert result.stderr.startswith("router serve: ")
    assert result.stderr.count("\n") == 1


def start_in_vain(*arguments: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "router", "serve", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.returncode == 1
    return result
