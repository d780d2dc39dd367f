"""The database is killed under load and comes back: nothing is lost, doubled or half done."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devstack.postgres import THROWAWAY_OPTIONS, EmbeddedPostgres
from subgraph_kit.database import Database
from subgraph_kit.errors import DATABASE_AWAY
from tasks_subgraph.app import create_app
from tests.support.asgi import running
from tests.support.token_issuer import TokenIssuer
from tests.support.waiting import eventually
from tests.tasks_subgraph.conftest import (
    CREATE_TASK,
    Clock,
    Person,
    Subgraph,
    migrate,
    settings_for,
)

RETRIED = {"SERVICE_OVERLOADED", "TIMEOUT"}
UPDATE = """mutation($id: ID!, $version: Int!, $title: String!) {
  updateTask(input: { id: $id, expectedVersion: $version, title: $title }) {
    task { version title } userErrors { code } } }"""


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """One to be killed. It ends with the thread that starts it again, so each test has its own."""
    folder = server_folder / "killed-tasks"
    options = {**THROWAWAY_OPTIONS, "synchronous_commit": "on"}  # nothing may be lost
    with EmbeddedPostgres(folder, password="postgres", options=options) as started:
        yield started


@asynccontextmanager
async def serving(server: EmbeddedPostgres, **settings: Any) -> AsyncIterator[Subgraph]:
    url = server.url(driver="postgresql+asyncpg")
    await migrate(url)
    database = Database(url, application_name="test", pool_size=2)
    issuer = TokenIssuer()
    app = create_app(settings_for(url, **settings), client=issuer.client())
    async with running(app) as http:
        yield Subgraph(http, issuer, database, url, Clock())
    await database.close()


async def kill(server: EmbeddedPostgres) -> None:
    """Without mercy, and start it again."""
    server.process.kill()
    server.process.wait()
    await asyncio.to_thread(server.start)


async def back(subgraph: Subgraph) -> None:
    """Wait until the test itself has a connection again."""

    async def answers() -> bool:
        try:
            await subgraph.database.ping()
        except DATABASE_AWAY:
            return False
        return True

    await eventually(answers, within_s=10)


async def persist(
    subgraph: Subgraph, viewer: Person, operation: str, variables: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """The data of an operation that is sent again until it is answered; how often it was not."""
    failures = 0
    while True:
        answer = await subgraph.post(operation, variables, viewer=viewer)
        if "errors" not in answer:
            data: dict[str, Any] = answer["data"]
            return data, failures
        (error,) = answer["errors"]
        assert error["extensions"]["code"] in RETRIED, error
        failures += 1
        await asyncio.sleep(0.02)


async def test_a_key_makes_one_task_though_the_database_is_killed_under_load(
    server: EmbeddedPostgres,
) -> None:
    clients, keys = 8, 20
    made: dict[str, str] = {}
    failures = 0
    async with serving(server) as subgraph:
        alice = subgraph.person()

        async def create(number: int) -> None:
            nonlocal failures
            for key in (f"client-{number}-{count}" for count in range(keys)):
                values = {"title": key, "idempotencyKey": key}
                data, failed = await persist(subgraph, alice, CREATE_TASK, {"input": values})
                assert data["createTask"]["userErrors"] == []
                made[key] = data["createTask"]["task"]["id"]
                failures += failed

        async def kill_twice() -> None:
            for share in (0.2, 0.5):

                async def has_share(share: float = share) -> bool:
                    return len(made) >= clients * keys * share

                await eventually(has_share, within_s=60)
                await kill(server)

        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(create(number))
            group.create_task(kill_twice())
        await back(subgraph)
        tasks = await subgraph.database.fetch("SELECT title FROM tasks")
        counted = await subgraph.database.fetch_value("SELECT task_count FROM task_owners")
        events = await subgraph.database.fetch(
            "SELECT subject FROM outbox WHERE type = 'task.created'"
        )
    assert failures > 0, "nobody noticed"
    assert sorted(row["title"] for row in tasks) == sorted(made)
    assert counted == clients * keys
    assert sorted(row["subject"] for row in events) == sorted(made.values())


async def test_changes_are_whole_though_the_database_is_killed_under_load(
    server: EmbeddedPostgres,
) -> None:
    """Each version has its event; a repeat of a change that was made finds a newer version."""
    changes = 60
    async with serving(server) as subgraph:
        alice = subgraph.person()
        task = await subgraph.create(alice)
        done = 0

        async def change() -> None:
            nonlocal done
            version = task["version"]
            for number in range(changes):
                variables = {"id": task["id"], "version": version, "title": f"title {number}"}
                data, failures = await persist(subgraph, alice, UPDATE, variables)
                payload = data["updateTask"]
                codes = [error["code"] for error in payload["userErrors"]]
                assert codes == [] or (failures and codes == ["VERSION_CONFLICT"])
                version = payload["task"]["version"]
                assert payload["task"]["title"] == f"title {number}"
                done += 1

        async def is_halfway() -> bool:
            return done >= changes / 2

        async with asyncio.TaskGroup() as group:
            group.create_task(change())
            await eventually(is_halfway, within_s=60)
            await kill(server)
        await back(subgraph)
        versions = await subgraph.database.fetch(
            "SELECT (data ->> 'version')::int AS version FROM outbox"
            " WHERE type = 'task.updated' AND subject = $1 ORDER BY id",
            task["id"],
        )
    assert [row["version"] for row in versions] == list(range(2, changes + 2))


async def test_a_full_pool_is_told_and_ends_by_itself(server: EmbeddedPostgres) -> None:
    """All connections wait for a lock: others are told to come later, and the waiting go on."""
    async with serving(server, db_pool_size=2) as subgraph:
        alice = subgraph.person()
        task = await subgraph.create(alice)
        change = {"id": task["id"], "version": 1, "title": "changed"}
        async with subgraph.database.dedicated_connection() as other:
            await other.execute("BEGIN; LOCK TABLE tasks IN EXCLUSIVE MODE")
            async with asyncio.TaskGroup() as group:
                waiting = [
                    group.create_task(subgraph.post(UPDATE, change, viewer=alice)) for _ in range(2)
                ]
                await eventually(lambda: _two_wait(subgraph.database), within_s=10)
                refused = await subgraph.post("{ tasks { totalCount } }", viewer=alice)
                await other.execute("ROLLBACK")
        codes = [error["extensions"]["code"] for error in refused["errors"]]
        assert codes == ["SERVICE_OVERLOADED"]
        payloads = [answer.result()["data"]["updateTask"] for answer in waiting]
        assert sorted(len(payload["userErrors"]) for payload in payloads) == [0, 1]
        assert await subgraph.data(alice, "{ tasks { totalCount } }") == {
            "tasks": {"totalCount": 1}
        }


async def _two_wait(database: Database) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return await database.fetch_value(waiting) == 2
