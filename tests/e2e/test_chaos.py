"""Every connection and every process fails in turn, under load.

No answer is wrong, nothing that was promised is lost, nothing is done twice or by half, nobody
waits longer than the router's limit, and seconds after each fault all is well again by itself.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest

from devstack.nats import EmbeddedNats
from devstack.postgres import EmbeddedPostgres
from devstack.process import free_port
from tests.support.faulty_links import Fault, FaultyLink, faulty_links
from tests.support.graph_client import PASSWORD, GraphClient
from tests.support.running_stack import running_stack
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from devstack.stack import Stack
    from tests.support.graph_client import Answer, Person

_logger = logging.getLogger(__name__)

PEOPLE = 6
TIMEOUT_S = 3.0
FAULT_S = 1.5
RECOVERY_S = 10.0

PASSING = {"SUBGRAPH_UNAVAILABLE", "SERVICE_OVERLOADED", "TIMEOUT"}
"""What a fault may answer; anything else would be a lie."""

CREATE = """mutation($title: String!, $key: String!) {
  createTask(input: {title: $title, idempotencyKey: $key}) { task { id } userErrors { code } } }"""
FINISH = """mutation($id: ID!) {
  updateTask(input: {id: $id, expectedVersion: 1, status: DONE}) {
    task { version status } userErrors { code } } }"""
LOOK = """{ me { username } tasks(first: 100) { totalCount nodes { title owner { username } } } }"""
LEAVE = """mutation($password: String!) {
  deleteMyAccount(input: {currentPassword: $password}) { userErrors { code } } }"""


@dataclass
class Servers:
    """What the stack is given: links to databases and broker, each of which may be killed."""

    databases: dict[str, EmbeddedPostgres]
    broker: EmbeddedNats
    links: dict[str, FaultyLink]
    environment: dict[str, str]


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        databases = {
            name: stack.enter_context(
                EmbeddedPostgres(folder / f"{name}_db", password="x", database=f"{name}_db")
            )
            for name in ("auth", "tasks")
        }
        broker = stack.enter_context(EmbeddedNats(folder / "nats"))
        ports = {"AUTH_PORT": free_port(), "TASKS_PORT": free_port()}
        links = stack.enter_context(
            faulty_links(
                {
                    "auth": ports["AUTH_PORT"],
                    "tasks": ports["TASKS_PORT"],
                    "auth-db": databases["auth"].port,
                    "tasks-db": databases["tasks"].port,
                    "broker": broker.port,
                }
            )
        )
        auth, tasks = (f"http://127.0.0.1:{links[name].port}" for name in ("auth", "tasks"))
        broker_url = f"nats://127.0.0.1:{links['broker'].port}"
        environment = {
            **{name: str(port) for name, port in ports.items()},
            **{
                f"{name.upper()}_DATABASE_URL": "postgresql+asyncpg://postgres:x@127.0.0.1:"
                f"{links[f'{name}-db'].port}/{name}_db"
                for name in databases
            },
            "AUTH_EVENTS_URL": broker_url,
            "TASKS_EVENTS_URL": broker_url,
            **{f"{who}_JWKS_URL": f"{auth}/.well-known/jwks.json" for who in ("TASKS", "ROUTER")},
            **{f"{who}_REVOCATIONS_URL": f"{auth}/revocations" for who in ("TASKS", "ROUTER")},
            "ROUTER_SUBGRAPH_URLS": f"auth={auth}/graphql,tasks={tasks}/graphql",
            "ROUTER_TIMEOUT": f"{TIMEOUT_S}s",
        }
        yield Servers(databases, broker, links, environment)


@contextmanager
def supervised(stack: Stack) -> Iterator[None]:
    """Whatever ends is started again."""
    thread = threading.Thread(target=stack.wait)
    thread.start()
    try:
        yield
    finally:
        stack._stop_requested.set()
        thread.join()
        stack._stop_requested.clear()


@dataclass
class Worker:
    """Somebody who makes tasks, finishes them and looks at them, whatever happens."""

    client: GraphClient
    person: Person
    promised: dict[str, str] = field(default_factory=dict)
    """Id of each task by its title, once its creation was acknowledged."""
    finished: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0

    async def work(self, is_over: asyncio.Event) -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            await self._make(f"{self.person.username} {number}")
            await self._look()

    async def _make(self, title: str) -> None:
        key = secrets.token_hex(8)
        created = await self._until_done("createTask", CREATE, {"title": title, "key": key})
        assert created["userErrors"] == []
        self.promised[title] = created["task"]["id"]
        changed = await self._until_done("updateTask", FINISH, {"id": created["task"]["id"]})
        # A change whose answer was lost is met again as a conflict with itself.
        assert [error["code"] for error in changed["userErrors"]] in ([], ["VERSION_CONFLICT"])
        assert changed["task"] == {"version": 2, "status": "DONE"}
        self.finished.add(title)

    async def _look(self) -> None:
        answer = await self._send(LOOK, {})
        if answer is None or answer.partial_data is None:
            return
        me, tasks = answer.partial_data["me"], answer.partial_data["tasks"]
        assert me is None or me["username"] == self.person.username
        if tasks is None:
            return
        mine = {node["title"] for node in tasks["nodes"]}
        newest = list(self.promised)[-100:]
        assert mine.issuperset(newest), "a promised task is missing"
        assert tasks["totalCount"] == len(self.promised)
        owners = {node["owner"]["username"] for node in tasks["nodes"] if node["owner"]}
        assert owners <= {self.person.username}
        assert answer.errors or (me and (not newest or owners)), "something is missing in silence"

    async def _until_done(
        self, field_name: str, operation: str, variables: Mapping[str, str]
    ) -> dict[str, Any]:
        while True:
            answer = await self._send(operation, variables)
            payload = answer.partial_data and answer.partial_data[field_name] if answer else None
            if payload is not None:
                done: dict[str, Any] = payload
                return done
            await asyncio.sleep(0.05)

    async def _send(self, operation: str, variables: Mapping[str, str]) -> Answer | None:
        """None where the router itself was away."""
        began_s = time.monotonic()
        try:
            answer = await self.client.send(operation, variables, token=self.person.access_token)
        except httpx.TransportError:
            self.answers["router away"] += 1
            return None
        finally:
            self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
        assert set(answer.codes) <= PASSING, answer.body
        self.answers.update(answer.codes or ["ok"])
        return answer


async def leave(client: GraphClient) -> str:
    """Somebody comes, makes a task and goes; gives the id."""
    person = await client.register()
    await client.create_task(person, "Left behind")
    answer = await client.send(LEAVE, {"password": PASSWORD}, token=person.access_token)
    assert answer.data["deleteMyAccount"]["userErrors"] == []
    return person.id


async def wait_until_well(client: GraphClient, person: Person) -> None:
    async def is_well() -> bool:
        try:
            answer = await client.send(LOOK, token=person.access_token)
        except httpx.TransportError:
            return False
        return answer.status == 200 and not answer.errors

    await eventually(is_well, within_s=RECOVERY_S)


async def health(port: int, kind: str) -> int:
    async with httpx.AsyncClient(timeout=5) as client:
        return (await client.get(f"http://127.0.0.1:{port}/health/{kind}")).status_code


async def break_links(given: Servers, stack: Stack) -> AsyncIterator[str]:
    for name, link in given.links.items():
        for fault in Fault:
            is_possible = fault is not Fault.DOUBLE or name in ("auth", "tasks")
            if fault is Fault.NONE or not is_possible:
                continue
            link.set(fault)
            await asyncio.sleep(FAULT_S)
            if name.endswith("-db") and fault in (Fault.RESET, Fault.SILENCE):
                port = stack.ports[f"{name.removesuffix('-db').upper()}_PORT"]
                assert await health(port, "ready") == 503
                assert await health(port, "live") == 200
            link.set(Fault.NONE)
            yield f"{fault.value} of {name}"


async def kill(given: Servers, stack: Stack) -> AsyncIterator[str]:
    for name in ("auth", "tasks", "auth-worker", "tasks-worker", "router"):
        next(part for part in stack.parts if part.part.name == name).process.kill()
        await asyncio.sleep(FAULT_S)
        yield f"kill of {name}"
    killed: dict[str, EmbeddedPostgres | EmbeddedNats] = {
        **given.databases,
        "broker": given.broker,
    }
    for name, server in killed.items():
        server.process.kill()
        await asyncio.to_thread(server.process.wait)
        await asyncio.to_thread(server.start)
        yield f"kill of the server {name}"


def tell(what: str, workers: list[Worker]) -> None:
    """For whoever looks: `pytest --log-cli-level=info`."""
    answers: Counter[str] = sum((worker.answers for worker in workers), Counter())
    slowest_s = max(worker.slowest_s for worker in workers)
    _logger.info("%-25s %.2f s %s", what, slowest_s, dict(answers))


def resident_mib(stack: Stack) -> float:
    pid = next(part for part in stack.parts if part.part.name == "router").process.pid
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


@pytest.mark.nightly
async def test_all_comes_back_and_nothing_is_lost(server_folder: Path) -> None:
    lines: list[str] = []
    folder = server_folder / "chaos"
    with (
        servers(folder) as given,
        running_stack(folder / "stack", lines, given.environment) as stack,
        supervised(stack),
    ):
        async with asyncio.timeout(240), GraphClient(stack.router_url) as client:
            workers = [Worker(client, await client.register()) for _ in range(PEOPLE)]
            gone = [await leave(client)]
            before_mib = resident_mib(stack)
            is_over = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                for worker in workers:
                    tasks.create_task(worker.work(is_over))
                try:
                    async for what in break_links(given, stack):
                        tell(what, workers)
                        await wait_until_well(client, workers[0].person)
                    assert resident_mib(stack) < before_mib + 30
                    gone.append(await leave(client))
                    async for what in kill(given, stack):
                        tell(what, workers)
                        await wait_until_well(client, workers[0].person)
                        gone.append(await leave(client))
                finally:
                    is_over.set()
            await check(given, workers, gone)
        assert max(worker.slowest_s for worker in workers) < TIMEOUT_S + 1.5
    assert not [line for line in lines if "Traceback" in line]


async def check(given: Servers, workers: list[Worker], gone: list[str]) -> None:
    """What the database of tasks holds is what was promised; each event was sent once."""
    connection = await asyncpg.connect(given.databases["tasks"].url())
    try:
        rows = await connection.fetch("SELECT id, title, version, status::text FROM tasks")
        kept = {row["title"]: row for row in rows if row["title"] != "Left behind"}
        assert len(kept) == sum(row["title"] != "Left behind" for row in rows), "made twice"
        for worker in workers:
            for title in worker.promised:
                wanted = 2 if title in worker.finished else 1
                assert kept.pop(title)["version"] == wanted
        assert kept == {}, "not promised"

        async def are_sent() -> bool:
            waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
            return bool(await connection.fetchval(waiting) == 0)

        await eventually(are_sent, within_s=RECOVERY_S)
        made = await connection.fetch(
            "SELECT type, count(*) AS number, count(DISTINCT subject) AS subjects"
            " FROM outbox GROUP BY type"
        )
        events = {row["type"]: (row["number"], row["subjects"]) for row in made}
        number = sum(len(worker.promised) for worker in workers) + len(gone)
        assert events["task.created"] == (number, number)
        finished = sum(len(worker.finished) for worker in workers)
        assert events["task.completed"] == (finished, finished)

        async def is_nothing_left_behind() -> bool:
            left = "SELECT count(*) FROM tasks WHERE title = 'Left behind'"
            return bool(await connection.fetchval(left) == 0)

        await eventually(is_nothing_left_behind, within_s=RECOVERY_S)
        handled = (
            "SELECT count(*) FROM inbox WHERE type = 'user.deleted' AND handled_at IS NOT NULL"
        )
        assert await connection.fetchval(handled) == len(gone)
    finally:
        await connection.close()
