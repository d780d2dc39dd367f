"""A supergraph file that changes while requests are being answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from router import Router, RouterOptions
from router.app.supergraph_file import SupergraphFile
from tests.router.policies.accounts_supergraph import SDL
from tests.router.server.stub_subgraphs import answering
from tests.support.asgi import running
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

BROKEN = {
    "nothing": "",
    "half of it": SDL[: len(SDL) // 2],
    "no GraphQL": "\x00\xff{{{",
    "no supergraph": "type Query { version: String }",
    "a type that is gone": SDL.replace("type UserConnection", "type Other"),
    "nested without end": SDL + "type X { a: " + "[" * 5000 + "Int" + "]" * 5000 + " }",
    "not there": None,
}


async def ask(client: httpx.AsyncClient, query: str = "{ version }") -> object:
    return (await client.post("/graphql", json={"query": query})).json()


def reloads(router: Router) -> str:
    lines = router.metrics.text().decode().splitlines()
    return " ".join(line for line in lines if line.startswith("router_supergraph_reloads_total"))


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_file_changes_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / "supergraph.graphql"
    path.write_text(SDL)
    file = SupergraphFile(path, 0.005)
    options = RouterOptions(background=(file.follow,))
    router = Router(
        file.read(), {"auth": answering(version="1", edition="2"), "tasks": answering()}, options
    )
    text = BROKEN[name]
    async with running(router) as client:
        if text is None:
            path.unlink()
        else:
            path.write_text(text, "latin-1")
        for number in range(20):  # new texts, so that each is planned
            assert await ask(client, f"query Q{number} {{ version }}") == {"data": {"version": "1"}}
            await asyncio.sleep(0.005)
        assert 'result="taken"} 0.0' in reloads(router)
        path.write_text(SDL.replace("version: String", "edition: String"))

        async def is_taken() -> bool:
            return "errors" not in str(await ask(client, "{ edition }"))

        await eventually(is_taken, within_s=10)
        assert 'result="taken"} 1.0' in reloads(router)


async def test_requests_go_on_while_files_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.graphql"
    path.write_text(SDL)
    file = SupergraphFile(path, 0.001)
    router = Router(file.read(), {"auth": answering(version="1"), "tasks": answering()})
    answers: list[object] = []
    done = asyncio.Event()

    async def load(client: httpx.AsyncClient, worker: int) -> None:
        number = 0
        while not done.is_set():
            number += 1
            answers.append(await ask(client, f"query W{worker}Q{number % 7} {{ version }}"))

    async with running(router) as client, asyncio.TaskGroup() as tasks:
        for worker in range(4):
            tasks.create_task(load(client, worker))
        for number in range(10):
            path.write_text(f"{SDL}\n# {number}" if number % 2 else SDL[: 500 * number])
            await file.look(router)
        done.set()
    assert len(answers) > 20
    assert all(answer == {"data": {"version": "1"}} for answer in answers)
    assert 'result="refused"} 5.0' in reloads(router)
    assert 'result="taken"} 5.0' in reloads(router)


async def test_a_file_that_cannot_be_read_is_told_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "supergraph.graphql"
    path.write_text(SDL)
    file = SupergraphFile(path, 1)
    router = Router(file.read(), {"auth": answering(), "tasks": answering()})
    for times in (1, 2):
        path.unlink()
        await file.look(router)
        await file.look(router)
        path.write_text(SDL)
        await file.look(router)
        assert caplog.text.count("No such file") == times
