"""The usage file, from requests to what `router check` makes of it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from router import Router, RouterOptions
from router.cli import main
from router.composition import SubgraphDefinition, compose
from router.errors import StartupError
from router.server.graphql_http import HttpOptions
from router.telemetry.usage import Usage
from tests.router.server.stub_subgraphs import answering
from tests.support.asgi import running
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SDL = """
type Query {
  "A page of them."
  tasks(first: Int, filter: Filter): [Task!]
}
type Task { id: ID! title: String! note: String state: State }
enum State { OPEN DONE }
input Filter { text: String }
"""
LIST = "query List($filter: Filter) { tasks(first: 1, filter: $filter) { title } }"
NOTES = "{ tasks { note } }"


def supergraph() -> str:
    composed = compose([SubgraphDefinition("tasks", "http://tasks.invalid/graphql", SDL)])
    assert composed.supergraph is not None
    return composed.supergraph


def router(usage: Usage) -> Router:
    return Router(supergraph(), {"tasks": answering(tasks=[])}, RouterOptions(usage=usage))


async def send(client: httpx.AsyncClient, query: str, **headers: str) -> None:
    body = {"query": query, "variables": {"filter": {"text": "secret"}}}
    response = await client.post("/graphql", json=body, headers=headers)
    assert response.status_code == 200


def operations(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["operations"]
    return found


async def test_what_clients_send_is_written_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    now = [1_700_000_000.0]
    async with running(router(Usage(path, clock=lambda: now[0]))) as client:
        await send(client, LIST)
        now[0] += 90
        await send(client, LIST)
        await send(client, NOTES, **{"apollographql-client-name": "web"})
        await send(client, "{ nonsense }")
        await send(client, "{ __schema { types { name } } }")
        assert not path.exists()
    notes, listed = sorted(operations(path), key=lambda entry: "name" in entry)
    assert (notes["client"], notes["count"]) == ("web", 1)
    assert notes["coordinates"] == ["Query", "Query.tasks", "String", "Task", "Task.note"]
    assert (listed["name"], listed["count"]) == ("List", 2)
    assert listed["firstSeen"] == "2023-11-14T22:13:20Z"
    assert listed["lastSeen"] == "2023-11-14T22:14:50Z"
    assert {"Filter.text", "Query.tasks(filter:)", "Task.title"} <= set(listed["coordinates"])
    assert "secret" not in path.read_text()


async def test_it_is_written_now_and_then_too(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"

    async def is_written() -> bool:
        return path.exists()

    async with running(router(Usage(path, interval_s=0.01))) as client:
        await send(client, NOTES)
        await eventually(is_written, within_s=10)
        assert [entry["count"] for entry in operations(path)] == [1]


async def test_what_is_there_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    for _ in range(2):
        async with running(router(Usage(path))) as client:
            await send(client, NOTES)
            await send(client, LIST)
    assert [entry["count"] for entry in operations(path)] == [2, 2]
    assert sorted(os.listdir(tmp_path)) == ["usage.json", "usage.json.lock"]  # noqa: PTH208 (async)


async def test_every_operation_of_a_batch_counts(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    options = RouterOptions(usage=Usage(path), http=HttpOptions(max_batch=5))
    async with running(Router(supergraph(), {"tasks": answering(tasks=[])}, options)) as client:
        parts = [{"query": NOTES}, {"query": LIST}, {"query": NOTES}, {"query": "{ nonsense }"}]
        await client.post("/graphql", json=parts)
    assert sorted(entry["count"] for entry in operations(path)) == [1, 2]


@pytest.mark.parametrize("name", ["a\tb", "x" * 65, "клиент", ""])
async def test_a_client_without_a_usable_name_has_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    async with running(router(Usage(path))) as client:
        body = {"query": NOTES}
        headers = {b"graphql-client-name": name.encode()}
        await client.post("/graphql", json=body, headers=headers)
    assert "client" not in operations(path)[0]


async def test_endless_operations_push_out_the_rarest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.telemetry.usage._MAX_USES", 3)
    path = tmp_path / "usage.json"
    usage = Usage(path)
    async with running(router(usage)) as client:
        for _ in range(2):
            await send(client, LIST)
        await usage.write()
        for number in range(10):
            await send(client, f"query Q{number} {{ tasks {{ id }} }}")
            assert len(usage._counts) <= 3
        await usage.write()
        await send(client, LIST)
    names = [entry["name"] for entry in operations(path)]
    assert len(names) == 3
    assert "List" in names


async def test_what_cannot_be_written_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    usage = Usage(path)
    async with running(router(usage)) as client:
        await send(client, NOTES)
        path.write_text("{")
        await usage.write()
        assert path.read_text() == "{"
        await send(client, NOTES)
        path.unlink()
    assert [entry["count"] for entry in operations(path)] == [2]


async def test_a_file_that_others_hold_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.telemetry.usage._LOCK_TIMEOUT_S", 0.05)
    path = tmp_path / "usage.json"
    usage = Usage(path)
    async with running(router(usage)) as client:
        await send(client, NOTES)
        with (tmp_path / "usage.json.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            await usage.write()
            assert not path.exists()
    assert [entry["count"] for entry in operations(path)] == [1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"operations": [{"hash": 1}]}'])
def test_a_file_of_another_kind_stops_the_start(content: str, tmp_path: Path) -> None:
    path = tmp_path / "usage.json"
    path.write_text(content)
    with pytest.raises(StartupError, match="ROUTER_USAGE_FILE"):
        Usage(path)


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="ROUTER_USAGE_FILE"):
        Usage(tmp_path / "gone" / "usage.json")


def start(folder: Path, environment: Mapping[str, str]) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "router", "serve", "--port", "0", "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--supergraph", str(folder / "supergraph.graphql")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": "", "ROUTER_LOG_OPERATIONS": "false", **environment},
    )
    assert process.stdout is not None
    line = next(line for line in process.stdout if " at http://" in line)
    return process, line.strip().rpartition(" at ")[2]


def test_several_processes_share_a_file_that_check_judges_by(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tasks.graphql").write_text(SDL)
    (tmp_path / "old.graphql").write_text(SDL)
    (tmp_path / "supergraph.graphql").write_text(supergraph())
    configuration = tmp_path / "supergraph.yaml"
    configuration.write_text(
        "subgraphs: {tasks: {routing_url: http://127.0.0.1:9, schema: {file: tasks.graphql}}}\n"
    )
    usage = tmp_path / "usage.json"
    environment = {"ROUTER_USAGE_FILE": str(usage), "ROUTER_USAGE_INTERVAL": "50ms"}
    process, url = start(tmp_path, environment)
    try:
        for number in range(60):  # a connection each: both processes get some
            query = LIST if number % 2 else NOTES
            headers = {"apollographql-client-name": "web"}
            httpx.post(url, json={"query": query}, headers=headers, timeout=30)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert [entry["count"] for entry in operations(usage)] == [30, 30]

    def check(removed: str) -> tuple[int, str]:
        (tmp_path / "tasks.graphql").write_text(SDL.replace(removed, ""))
        against = ["--against", str(tmp_path / "old.graphql"), "--allow-unused"]
        code = main(["check", str(configuration), *against, "--usage", str(usage)])
        return code, capsys.readouterr().out

    code, printed = check("note: String")
    assert code == 1
    assert "30 requests" in printed
    assert "web" in printed
    code, printed = check("state: State")
    assert code == 0
