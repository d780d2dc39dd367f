"""What time and other services do to tasks: the worker's jobs and `user.deleted`."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import pytest

from subgraph_kit.database import Database
from subgraph_kit.events import Event
from subgraph_kit.ids import format_id, parse_id, uuid7
from subgraph_kit.inbox import Inbox, list_dead_letters
from tasks_subgraph.domain.task import TaskStatus
from tasks_subgraph.services.deleted_users import DeletedUsers
from tasks_subgraph.services.upkeep import Upkeep
from tests.tasks_subgraph.conftest import Clock, Subgraph
from tests.tasks_subgraph.seeding import a_task, insert_tasks, seed_by_sql

MINUTE = timedelta(minutes=1)


@pytest.fixture
def upkeep(database: Database, clock: Clock) -> Upkeep:
    return Upkeep(
        database,
        now=clock,
        trash_retention=timedelta(days=30),
        idempotency_ttl=timedelta(hours=24),
    )


@pytest.fixture
def inbox(database: Database, clock: Clock) -> Inbox:
    handlers = {"user.deleted": DeletedUsers(now=clock).handle}
    return Inbox(database, service="tasks", queue="q", handlers=handlers)


def user_deleted(user_id: str) -> Event:
    return Event(type="user.deleted", source="auth", subject=user_id, data={"id": user_id})


async def handle_all(inbox: Inbox) -> None:
    while await inbox.handle_next():
        pass


async def overdue_events(database: Database) -> list[str]:
    rows = await database.fetch(
        "SELECT subject FROM outbox WHERE type = 'task.overdue' ORDER BY id"
    )
    return [row["subject"] for row in rows]


async def test_a_task_becomes_overdue_once_and_nothing_else_of_it_moves(
    subgraph: Subgraph, upkeep: Upkeep
) -> None:
    alice = subgraph.person()
    due_at = (subgraph.clock() + MINUTE).isoformat()
    task = await subgraph.create(alice, dueAt=due_at)
    await subgraph.create(alice, dueAt=due_at, status="DONE")
    await subgraph.create(alice)
    trashed = await subgraph.create(alice, dueAt=due_at)
    delete = "mutation($id: ID!) { deleteTask(input: {id: $id}) { deletedTaskId } }"
    await subgraph.data(alice, delete, trashed)
    assert await upkeep.mark_overdue() == 0

    subgraph.clock.forward(2 * MINUTE)
    read = """query($id: ID!) {
      task(id: $id) { id version updatedAt isOverdue }
      tasks(filter: {isOverdue: true}) { nodes { id } }
    }"""
    expected = {
        "task": {
            "id": task["id"],
            "version": 1,
            "updatedAt": task["updatedAt"],
            "isOverdue": True,
        },
        "tasks": {"nodes": [{"id": task["id"]}]},
    }
    assert await subgraph.data(alice, read, task) == expected  # before any worker
    assert [await upkeep.mark_overdue(), await upkeep.mark_overdue()] == [1, 0]
    assert await subgraph.data(alice, read, task) == expected
    assert await overdue_events(subgraph.database) == [task["id"]]


async def test_a_task_can_become_overdue_again_after_it_was_not(
    subgraph: Subgraph, upkeep: Upkeep
) -> None:
    alice = subgraph.person()
    task = await subgraph.create(alice, dueAt=subgraph.clock().isoformat())
    update = "mutation($input: UpdateTaskInput!) { updateTask(input: $input) { task { id } } }"

    async def change(**values: object) -> None:
        subgraph.clock.forward(MINUTE)
        await subgraph.data(alice, update, {"input": {"id": task["id"], **values}})
        subgraph.clock.forward(2 * MINUTE)
        await upkeep.mark_overdue()

    await change(title="still overdue")
    assert len(await overdue_events(subgraph.database)) == 1
    await change(priority="HIGH")
    assert len(await overdue_events(subgraph.database)) == 1
    await change(dueAt=(subgraph.clock() + 2 * MINUTE).isoformat())
    assert len(await overdue_events(subgraph.database)) == 2
    await change(status="DONE")
    await change(status="TODO")
    assert len(await overdue_events(subgraph.database)) == 3


async def test_several_workers_mark_each_task_once(
    database: Database, upkeep: Upkeep, clock: Clock
) -> None:
    await seed_by_sql(database, uuid7(), 2500, due_at=clock() - MINUTE)

    async def work_off() -> int:
        total = 0
        while count := await upkeep.mark_overdue():
            total += count
        return total

    totals = await asyncio.gather(work_off(), work_off(), work_off())

    assert sum(totals) == 2500
    events = await overdue_events(database)
    assert len(events) == len(set(events)) == 2500


async def test_trash_is_emptied_after_its_days_and_the_quota_gets_room(
    subgraph: Subgraph, upkeep: Upkeep
) -> None:
    alice = subgraph.person()
    old, young, live = [await subgraph.create(alice) for _ in range(3)]
    delete = "mutation($id: ID!) { deleteTask(input: {id: $id}) { deletedTaskId } }"
    await subgraph.data(alice, delete, old)
    subgraph.clock.forward(timedelta(days=29))
    await subgraph.data(alice, delete, young)
    assert await upkeep.empty_trash() == 0
    subgraph.clock.forward(timedelta(days=1, minutes=1))

    assert await upkeep.empty_trash() == 1

    rows = await subgraph.database.fetch("SELECT id FROM tasks")
    assert {format_id("task", row["id"]) for row in rows} == {young["id"], live["id"]}
    assert await subgraph.database.fetch_value("SELECT task_count FROM task_owners") == 2
    deleted = await subgraph.database.fetch(
        "SELECT subject, data->>'actor_id' AS actor FROM outbox WHERE type = 'task.deleted'"
    )
    assert [(row["subject"], row["actor"]) for row in deleted] == [(old["id"], None)]


async def test_old_idempotency_keys_are_forgotten(subgraph: Subgraph, upkeep: Upkeep) -> None:
    alice = subgraph.person()
    await subgraph.create(alice, idempotencyKey="an old key")
    subgraph.clock.forward(timedelta(hours=23))
    await subgraph.create(alice, idempotencyKey="a young key")
    subgraph.clock.forward(timedelta(hours=2))

    assert [await upkeep.forget_keys(), await upkeep.forget_keys()] == [1, 0]
    rows = await subgraph.database.fetch("SELECT key FROM idempotency_keys")
    assert [row["key"] for row in rows] == ["a young key"]


async def rows_of(database: Database, owner_id: UUID) -> list[int]:
    return [
        await database.fetch_value(f"SELECT count(*) FROM {table} WHERE owner_id = $1", owner_id)  # type: ignore[misc]  # noqa: S608
        for table in ("tasks", "idempotency_keys")
    ]


async def test_a_deleted_user_leaves_nothing_and_a_repeat_changes_nothing(
    subgraph: Subgraph, inbox: Inbox, upkeep: Upkeep
) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    alice_id, bob_id = parse_id("user", alice.id), parse_id("user", bob.id)
    assert alice_id is not None
    assert bob_id is not None
    for viewer in (alice, bob):
        await subgraph.create(viewer, idempotencyKey="the same key")
        task = await subgraph.create(viewer)
        delete = "mutation($id: ID!) { deleteTask(input: {id: $id}) { deletedTaskId } }"
        await subgraph.data(viewer, delete, task)
    event = user_deleted(alice.id)

    for _ in range(2):
        await inbox.receive(event.to_json())
        await handle_all(inbox)
    await inbox.receive(user_deleted(alice.id).to_json())
    await handle_all(inbox)

    assert await rows_of(subgraph.database, alice_id) == [0, 0]
    assert await rows_of(subgraph.database, bob_id) == [2, 1]
    assert await list_dead_letters(subgraph.database) == []
    refused = await subgraph.post(
        'mutation { createTask(input: {title: "too late"}) { task { id } } }', viewer=alice
    )
    assert refused["errors"][0]["extensions"]["reason"] == "SESSION_ENDED"
    assert await rows_of(subgraph.database, alice_id) == [0, 0]
    assert await upkeep.forget_owners() == 0
    subgraph.clock.forward(timedelta(days=1, minutes=1))
    assert await upkeep.forget_owners() == 1


async def test_no_task_slips_in_while_its_user_is_deleted(subgraph: Subgraph, inbox: Inbox) -> None:
    alice = subgraph.person()
    alice_id = parse_id("user", alice.id)
    assert alice_id is not None
    operation = 'mutation { createTask(input: {title: "x"}) { task { id } } }'
    await inbox.receive(user_deleted(alice.id).to_json())

    await asyncio.gather(
        *(subgraph.post(operation, viewer=alice) for _ in range(20)), handle_all(inbox)
    )

    await handle_all(inbox)
    assert await rows_of(subgraph.database, alice_id) == [0, 0]


@pytest.mark.parametrize("count", [20_000, pytest.param(100_000, marks=pytest.mark.nightly)])
async def test_a_user_with_many_tasks_is_deleted_in_batches_without_blocking_others(
    subgraph: Subgraph, inbox: Inbox, count: int
) -> None:
    alice_id = uuid7()
    bob = subgraph.person()
    await seed_by_sql(subgraph.database, alice_id, count)
    await inbox.receive(user_deleted(format_id("user", alice_id)).to_json())
    slowest_s = 0.0
    created = 0

    async with asyncio.TaskGroup() as group:
        deleting = group.create_task(handle_all(inbox))
        while not deleting.done():
            started_at = time.monotonic()
            await subgraph.create(bob)
            slowest_s = max(slowest_s, time.monotonic() - started_at)
            created += 1

    assert await rows_of(subgraph.database, alice_id) == [0, 0]
    assert created >= 5
    assert slowest_s < 1.0


async def test_a_wrong_event_becomes_a_dead_letter(database: Database, clock: Clock) -> None:
    handlers = {"user.deleted": DeletedUsers(now=clock).handle}
    inbox = Inbox(database, service="tasks", queue="q", handlers=handlers, retry_delays_s=())
    await inbox.receive(user_deleted("nobody").to_json())
    await handle_all(inbox)

    (letter,) = await list_dead_letters(database)
    assert letter.last_error == "ValueError: the event names no user"


async def test_the_counter_of_tasks_agrees_with_the_tasks(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    delete = """mutation($id: ID!, $permanently: Boolean!) {
      deleteTask(input: {id: $id, permanently: $permanently}) { deletedTaskId } }"""
    tasks = [await subgraph.create(alice, status=TaskStatus.TODO.name) for _ in range(6)]
    for number, task in enumerate(tasks[:4]):
        await subgraph.data(alice, delete, {"id": task["id"], "permanently": number % 2 == 0})
    await asyncio.gather(
        *(subgraph.data(alice, delete, {"id": tasks[5]["id"], "permanently": True}) for _ in "ab")
    )

    counted = await subgraph.database.fetch_value("SELECT task_count FROM task_owners")
    assert counted == await subgraph.database.fetch_value("SELECT count(*) FROM tasks") == 3


async def test_seeded_rows_look_like_written_ones(subgraph: Subgraph) -> None:
    owner_id = uuid7()
    await seed_by_sql(subgraph.database, owner_id, 1)
    await insert_tasks(subgraph.database, [a_task(owner_id, title="task 1")])

    (row,) = await subgraph.database.fetch(
        "SELECT count(DISTINCT title_sort_key) AS keys, count(DISTINCT search_vector) AS vectors"
        " FROM tasks"
    )
    assert (row["keys"], row["vectors"]) == (1, 1)
