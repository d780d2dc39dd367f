"""The router's memory: what it keeps of operations and answers is bounded."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from router.composition import SubgraphDefinition, compose
from tests.router.transport.scripted_server import Peer, serving
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

TASKS = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
    type Query { tasks(first: Int): [Task!]! }
    type Task @key(fields: "id") { id: ID! title: String! text: String owner: User }
    type User @key(fields: "id", resolvable: false) { id: ID! }
"""
USERS = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
    type Query { version: String }
    type User @key(fields: "id") { id: ID! name: String! email: String }
"""
OPERATIONS = 10_000
LARGE_TASKS = 50_000
MAX_MIB = 150


async def tasks(peer: Peer, _: int) -> None:
    """Answers with three tasks, or with 50 MB of them, under whatever alias the title has."""
    while True:
        asked = json.loads((await peer.request()).partition(b"\r\n\r\n")[2])
        key = asked["query"].partition(":title")[0].rpartition("{")[2].split()[-1]
        count = asked["variables"].get("first", 3)
        padding = "x" * 900 if count > 3 else "x"
        found = [
            {"id": str(index), key: f"task {index}", "text": padding, "owner": {"id": "1"}}
            for index in range(count)
        ]
        await peer.answer(json.dumps({"data": {"tasks": found}}).encode())


async def users(peer: Peer, _: int) -> None:
    while True:
        asked = json.loads((await peer.request()).partition(b"\r\n\r\n")[2])
        count = len(asked["variables"]["representations"])
        found = [{"name": "Ann", "email": None} for _ in range(count)]
        await peer.answer(json.dumps({"data": {"_entities": found}}).encode())


def resident_mib(pid: int) -> float:
    [line] = [
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


def children(pid: int) -> Iterator[int]:
    yield pid
    for entry in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from children(int(entry))


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_many_operations_and_a_large_answer_leave_a_small_process(tmp_path: Path) -> None:
    async with serving(tasks) as tasks_server, serving(users) as users_server:
        composition = compose(
            [
                SubgraphDefinition("tasks", tasks_server.url, TASKS),
                SubgraphDefinition("users", users_server.url, USERS),
            ]
        )
        assert composition.supergraph is not None
        supergraph = tmp_path / "supergraph.graphql"
        supergraph.write_text(composition.supergraph)
        command = [sys.executable, "-m", "router", "serve", "--port", "0"]
        process = await asyncio.create_subprocess_exec(
            *command,
            "--supergraph",
            str(supergraph),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "", "ROUTER_LOG_OPERATIONS": "false"},
        )
        try:
            assert process.stdout is not None
            url = ""
            while " at http://" not in url:
                url = (await process.stdout.readline()).decode()
            url = url.strip().rpartition(" at ")[2]
            async with httpx.AsyncClient(timeout=60) as client:
                await send_all(client, url)
            # Memory is given back a moment after the large answer.
            await eventually(lambda: is_small(process.pid), within_s=10)
        finally:
            process.terminate()
            await process.wait()


async def is_small(pid: int) -> bool:
    return max(resident_mib(each) for each in children(pid)) < MAX_MIB


async def send_all(client: httpx.AsyncClient, url: str) -> None:
    async def ask(number: int, count: int = 3) -> None:
        text = (
            f"query($first: Int) {{ tasks(first: $first)"
            f" {{ id a{number}: title text owner {{ name email }} }} }}"
        )
        response = await client.post(url, json={"query": text, "variables": {"first": count}})
        answer = response.json()
        assert "errors" not in answer, answer["errors"]
        assert len(answer["data"]["tasks"]) == count

    for start in range(0, OPERATIONS, 8):
        await asyncio.gather(*(ask(number) for number in range(start, start + 8)))
    await ask(0, LARGE_TASKS)
    for number in range(20):
        await ask(number)
