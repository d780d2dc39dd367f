"""One of the services is away: the rest of the data is there, and nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from devstack.stack import Stack
from tests.support.graph_client import GraphClient, Person
from tests.support.running_stack import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.waiting import eventually


@contextmanager
def stopped(stack: Stack, *names: str) -> Iterator[None]:
    """Without these parts of the stack; they run again afterwards."""
    parts = [stack.stop_part(name) for name in names]
    try:
        yield
    finally:
        for part in parts:
            stack.start_part(part)


async def test_without_auth_the_list_is_there(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    for title in ("one", "two"):
        await client.create_task(alice, title)
    operation = "{ tasks(first: 2) { nodes { title owner { username } } } }"
    with stopped(stack, "auth"):
        answer = await client.send(operation, token=alice.access_token)
    assert answer.status == 200
    assert answer.partial_data == {
        "tasks": {"nodes": [{"title": "two", "owner": None}, {"title": "one", "owner": None}]}
    }
    (error,) = answer.errors
    assert error["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
    assert error["extensions"]["service"] == "auth"
    back = await client.send(operation, token=alice.access_token)
    assert back.data["tasks"]["nodes"][0]["owner"] == {"username": alice.username}


async def test_without_tasks_the_user_is_there(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    with stopped(stack, "tasks"):
        answer = await client.send(
            "{ me { username } tasks { totalCount } }", token=alice.access_token
        )
    assert answer.partial_data == {"me": {"username": alice.username}, "tasks": None}
    (error,) = answer.errors
    assert error["path"] == ["tasks"]
    assert error["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
    assert error["extensions"]["service"] == "tasks"


async def test_a_deletion_reaches_tasks_when_it_is_back(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    await client.create_task(alice, "Left behind")
    root = (await client.login(ADMIN_EMAIL, ADMIN_PASSWORD))["tokens"]["accessToken"]
    with stopped(stack, "tasks", "tasks-worker"):
        deleted = await client.send(
            "mutation($id: ID!) { deleteUser(input: { id: $id }) { deletedUserId } }",
            {"id": alice.id},
            token=root,
        )
        assert deleted.data["deleteUser"] == {"deletedUserId": alice.id}

    async def is_gone() -> bool:
        return await count(stack, "SELECT count(*) FROM tasks WHERE title = 'Left behind'") == 0

    await eventually(is_gone, within_s=5)


@pytest.mark.parametrize(
    ("name", "field"), [("auth", "me { id }"), ("tasks", "tasks { totalCount }")]
)
async def test_a_killed_database_is_told_and_takes_nothing_else_along(
    stack: Stack, client: GraphClient, alice: Person, name: str, field: str
) -> None:
    both = "{ me { id } tasks { totalCount } }"
    database = stack.databases[name]
    database.process.kill()
    database.process.wait()
    try:
        answer = await client.send(both, token=alice.access_token)
        assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
            ([field.partition(" ")[0]], "SERVICE_OVERLOADED")
        ]
        assert [value is None for value in answer.partial_data.values()].count(True) == 1
    finally:
        database.start()

    async def is_back() -> bool:
        return not (await client.send(both, token=alice.access_token)).errors

    await eventually(is_back, within_s=10)


async def test_a_deletion_arrives_though_broker_and_workers_are_killed(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    await client.create_task(alice, "Outlives a broker")
    root = (await client.login(ADMIN_EMAIL, ADMIN_PASSWORD))["tokens"]["accessToken"]
    assert stack.broker is not None
    stack.broker.process.kill()
    stack.broker.process.wait()
    deleted = await client.send(
        "mutation($id: ID!) { deleteUser(input: { id: $id }) { deletedUserId } }",
        {"id": alice.id},
        token=root,
    )
    assert deleted.data["deleteUser"] == {"deletedUserId": alice.id}
    killed = []
    for running in [part for part in stack.parts if part.part.name.endswith("-worker")]:
        running.process.kill()
        killed.append(stack.stop_part(running.part.name))
    stack.broker.start()
    for part in killed:
        stack.start_part(part)

    async def is_gone() -> bool:
        left = "SELECT count(*) FROM tasks WHERE title = 'Outlives a broker'"
        return await count(stack, left) == 0

    await eventually(is_gone, within_s=15)


async def test_the_worker_announces_an_overdue_task_once(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    task = await client.create_task(alice, "Long late", dueAt="2026-01-01T00:00:00Z")
    other = await client.create_task(alice, "Late too", dueAt="2026-01-01T00:00:00Z")
    events = "SELECT count(*) FROM outbox WHERE type = 'task.overdue' AND subject = $1"

    async def is_announced() -> bool:
        return await count(stack, events, task["id"]) > 0

    await eventually(is_announced, within_s=10)
    worker = stack.stop_part("tasks-worker")
    stack.start_part(worker)
    third = await client.create_task(alice, "Late as well", dueAt="2026-01-01T00:00:00Z")

    async def ran_again() -> bool:
        return await count(stack, events, third["id"]) > 0

    await eventually(ran_again, within_s=10)
    assert await count(stack, events, task["id"]) == 1
    assert await count(stack, events, other["id"]) == 1
    answer = await client.send(
        "query($id: ID!) { task(id: $id) { version createdAt updatedAt } }",
        {"id": task["id"]},
        token=alice.access_token,
    )
    read = answer.data["task"]
    assert (read["version"], read["updatedAt"]) == (1, read["createdAt"])


async def count(stack: Stack, statement: str, *arguments: object) -> int:
    """A number from the tasks database."""
    connection = await asyncpg.connect(stack.database_url("tasks").replace("+asyncpg", ""))
    try:
        return int(await connection.fetchval(statement, *arguments))
    finally:
        await connection.close()
