"""Creating, changing, trashing and deleting tasks through the subgraph's own endpoint."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.tasks_subgraph.conftest import CREATE_TASK, TASK_FIELDS, Person, StartSubgraph, Subgraph

UPDATE = (
    "mutation($input: UpdateTaskInput!) "
    "{ updateTask(input: $input) { task { ...TaskFields } userErrors { code path } } }"
    + TASK_FIELDS
)
DELETE = (
    "mutation($input: DeleteTaskInput!) { deleteTask(input: $input) "
    "{ deletedTaskId task { ...TaskFields } userErrors { code path } } }" + TASK_FIELDS
)
RESTORE = (
    "mutation($input: RestoreTaskInput!) "
    "{ restoreTask(input: $input) { task { ...TaskFields } userErrors { code path } } }"
    + TASK_FIELDS
)
MISSING = "task_00000000000000000000000000000000"


async def create(subgraph: Subgraph, viewer: Person, **values: Any) -> dict[str, Any]:
    payload: dict[str, Any] = await subgraph.data(viewer, CREATE_TASK, {"input": values})
    result: dict[str, Any] = payload["createTask"]
    return result


async def update(subgraph: Subgraph, viewer: Person, **values: Any) -> dict[str, Any]:
    payload: dict[str, Any] = await subgraph.data(viewer, UPDATE, {"input": values})
    result: dict[str, Any] = payload["updateTask"]
    return result


async def delete(subgraph: Subgraph, viewer: Person, **values: Any) -> dict[str, Any]:
    payload: dict[str, Any] = await subgraph.data(viewer, DELETE, {"input": values})
    result: dict[str, Any] = payload["deleteTask"]
    return result


async def restore(subgraph: Subgraph, viewer: Person, task_id: str) -> dict[str, Any]:
    payload: dict[str, Any] = await subgraph.data(viewer, RESTORE, {"input": {"id": task_id}})
    result: dict[str, Any] = payload["restoreTask"]
    return result


def problems(result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"]) for error in result["userErrors"]]


async def test_a_task_needs_nothing_but_a_title(subgraph: Subgraph) -> None:
    alice = subgraph.person()

    task = await subgraph.create(alice, title="  Купить молоко  ")

    assert task == {
        "id": task["id"], "title": "Купить молоко", "description": None, "status": "TODO",
        "isCompleted": False, "priority": "NONE", "dueAt": None, "isOverdue": False,
        "completedAt": None, "createdAt": task["createdAt"], "updatedAt": task["createdAt"],
        "deletedAt": None, "version": 1, "owner": {"id": alice.id},
    }  # fmt: skip
    assert task["id"].startswith("task_")
    assert task["createdAt"].endswith("Z")
    assert await subgraph.data(alice, "query($id: ID!) { task(id: $id) { title } }", task) == {
        "task": {"title": "Купить молоко"}
    }


async def test_every_bad_value_is_named_at_once(subgraph: Subgraph) -> None:
    alice = subgraph.person()

    result = await create(
        subgraph, alice, title="   ", description="x" * 10_001, idempotencyKey="short"
    )

    assert result["task"] is None
    assert problems(result) == [
        ("BLANK", ["input", "title"]),
        ("TOO_LONG", ["input", "description"]),
        ("INVALID", ["input", "idempotencyKey"]),
    ]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("x" * 201, "TOO_LONG"),
        ("two\nlines", "INVALID"),
        ("two\u2028lines", "INVALID"),
        ("nul\x00", "INVALID"),
        ("\u00a0\u2003", "BLANK"),
    ],
)
async def test_a_bad_title_is_refused(subgraph: Subgraph, title: str, code: str) -> None:
    result = await create(subgraph, subgraph.person(), title=title)

    assert problems(result) == [(code, ["input", "title"])]


async def test_limits_count_characters_not_bytes(subgraph: Subgraph) -> None:
    alice = subgraph.person()

    task = await subgraph.create(alice, title="🌊" * 200, description="🌊" * 10_000)

    assert len(task["title"]) == 200
    assert len(task["description"]) == 10_000


async def test_an_empty_description_is_none_and_nul_is_refused(subgraph: Subgraph) -> None:
    alice = subgraph.person()

    assert (await subgraph.create(alice, description=" \n "))["description"] is None
    result = await create(subgraph, alice, title="x", description="a\x00b")
    assert problems(result) == [("INVALID", ["input", "description"])]


async def test_a_task_may_be_created_done_and_long_overdue(subgraph: Subgraph) -> None:
    alice = subgraph.person()

    done = await subgraph.create(alice, status="DONE", dueAt="2001-01-01T01:00:00.123456+01:00")
    late = await subgraph.create(alice, dueAt="2001-01-01T00:00:00Z")

    assert (done["isCompleted"], done["isOverdue"]) == (True, False)
    assert done["completedAt"] == done["createdAt"]
    assert done["dueAt"] == "2001-01-01T00:00:00.123Z"
    assert late["isOverdue"] is True


async def test_the_same_key_gives_the_same_task_also_in_parallel(subgraph: Subgraph) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    wanted = {"title": "Pay the rent", "priority": "HIGH", "idempotencyKey": "6f1c0d0e-7d57"}

    results = await asyncio.gather(*(create(subgraph, alice, **wanted) for _ in range(12)))

    assert {result["task"]["id"] for result in results} == {results[0]["task"]["id"]}
    assert all(result["userErrors"] == [] for result in results)
    assert await subgraph.data(alice, "{ tasks { totalCount } }") == {"tasks": {"totalCount": 1}}
    reused = await create(subgraph, alice, **{**wanted, "title": "Another"})
    assert reused["task"] is None
    assert problems(reused) == [("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])]
    assert (await create(subgraph, bob, **wanted))["task"]["id"] != results[0]["task"]["id"]


async def test_a_key_is_free_again_after_a_day_worker_or_not(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    key = {"idempotencyKey": "the same key"}
    first = await subgraph.create(alice, **key)
    subgraph.clock.forward(timedelta(hours=24, seconds=1))

    second = await create(subgraph, alice, title="Another", **key)

    assert second["userErrors"] == []
    assert second["task"]["id"] != first["id"]


async def test_a_late_repeat_does_not_bring_a_removed_task_back(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    wanted = {"title": "x", "idempotencyKey": "the same key"}
    task = (await create(subgraph, alice, **wanted))["task"]
    await delete(subgraph, alice, id=task["id"], permanently=True)

    result = await create(subgraph, alice, **wanted)

    assert problems(result) == [("NOT_FOUND", ["input", "idempotencyKey"])]


async def test_the_quota_holds_under_parallel_requests_and_counts_the_trash(
    start_subgraph: StartSubgraph,
) -> None:
    async with start_subgraph(max_per_user=3) as subgraph:
        alice, bob = subgraph.person(), subgraph.person()

        results = await asyncio.gather(*(create(subgraph, alice, title="x") for _ in range(8)))

        made = [result["task"]["id"] for result in results if result["task"]]
        assert len(made) == 3
        assert all(
            problems(result) == [("LIMIT_EXCEEDED", [])] for result in results if not result["task"]
        )
        await delete(subgraph, alice, id=made[0])
        assert problems(await create(subgraph, alice, title="x")) == [("LIMIT_EXCEEDED", [])]
        await delete(subgraph, alice, id=made[0], permanently=True)
        assert (await create(subgraph, alice, title="x"))["userErrors"] == []
        assert (await create(subgraph, bob, title="x"))["userErrors"] == []


async def test_a_full_quota_still_answers_a_repeated_request(start_subgraph: StartSubgraph) -> None:
    async with start_subgraph(max_per_user=1) as subgraph:
        alice = subgraph.person()
        wanted = {"title": "x", "idempotencyKey": "the same key"}
        task = (await create(subgraph, alice, **wanted))["task"]

        assert (await create(subgraph, alice, **wanted))["task"] == task
        refused = await create(subgraph, alice, title="x", idempotencyKey="another key")
        assert problems(refused) == [("LIMIT_EXCEEDED", [])]
        await delete(subgraph, alice, id=task["id"], permanently=True)
        freed = await create(subgraph, alice, title="x", idempotencyKey="another key")
        assert freed["userErrors"] == []


async def test_absent_is_unchanged_and_null_clears(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    task = await subgraph.create(
        alice, description="For everybody", dueAt="2026-12-20T18:00:00Z", priority="URGENT"
    )
    subgraph.clock.forward(timedelta(minutes=1))

    done = (await update(subgraph, alice, id=task["id"], dueAt=None, status="DONE"))["task"]

    assert done == {
        **task, "dueAt": None, "status": "DONE", "isCompleted": True, "version": 2,
        "completedAt": done["updatedAt"], "updatedAt": done["updatedAt"],
    }  # fmt: skip
    assert done["updatedAt"] > task["updatedAt"]
    again = (await update(subgraph, alice, id=task["id"], status="TODO", description=""))["task"]
    assert (again["completedAt"], again["description"], again["version"]) == (None, None, 3)


async def test_an_update_that_changes_nothing_moves_nothing(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    task = await subgraph.create(alice, title="Same", dueAt="2026-12-20T18:00:00.000Z")
    subgraph.clock.forward(timedelta(minutes=1))

    same = await update(
        subgraph, alice, id=task["id"], title=" Same ", status="TODO",
        dueAt="2026-12-20T19:00:00.000999+01:00",
    )  # fmt: skip

    assert same == {"task": task, "userErrors": []}


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"title": None}, ("BLANK", ["input", "title"])),
        ({"title": " "}, ("BLANK", ["input", "title"])),
        ({"status": None}, ("INVALID", ["input", "status"])),
        ({"priority": None}, ("INVALID", ["input", "priority"])),
        ({"description": "x" * 10_001}, ("TOO_LONG", ["input", "description"])),
    ],
)
async def test_what_cannot_be_cleared_is_refused(
    subgraph: Subgraph, values: dict[str, Any], problem: tuple[str, list[str]]
) -> None:
    alice = subgraph.person()
    task = await subgraph.create(alice)

    result = await update(subgraph, alice, id=task["id"], **values)

    assert problems(result) == [problem]
    assert result["task"] is None


async def test_of_parallel_updates_with_one_version_exactly_one_wins(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    task = await subgraph.create(alice)

    results = await asyncio.gather(
        *(
            update(subgraph, alice, id=task["id"], expectedVersion=1, title=f"title {number}")
            for number in range(10)
        )
    )

    winners = [result["task"]["title"] for result in results if not result["userErrors"]]
    assert len(winners) == 1
    losers = [result for result in results if result["userErrors"]]
    for loser in losers:
        assert problems(loser) == [("VERSION_CONFLICT", ["input", "expectedVersion"])]
        assert (loser["task"]["title"], loser["task"]["version"]) == (winners[0], 2)


async def test_trash_restore_and_removal_for_good(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    task = await subgraph.create(alice)
    task_id = task["id"]

    trashed = await delete(subgraph, alice, id=task_id)
    assert trashed["deletedTaskId"] == task_id
    assert trashed["task"]["deletedAt"] is not None
    assert trashed["task"]["version"] == 2
    assert await delete(subgraph, alice, id=task_id) == trashed  # once is enough
    in_trash = "{ tasks { totalCount } trash: tasks(filter: {inTrash: true}) { nodes { id } } }"
    assert await subgraph.data(alice, in_trash) == {
        "tasks": {"totalCount": 0},
        "trash": {"nodes": [{"id": task_id}]},
    }
    assert await subgraph.data(alice, "query($id: ID!) { task(id: $id) { id } }", task) == {
        "task": {"id": task_id}
    }
    restored = await restore(subgraph, alice, task_id)
    assert restored["task"]["deletedAt"] is None
    assert restored["task"]["version"] == 3
    assert await restore(subgraph, alice, task_id) == restored

    conflict = await delete(subgraph, alice, id=task_id, permanently=True, expectedVersion=1)
    assert problems(conflict) == [("VERSION_CONFLICT", ["input", "expectedVersion"])]
    assert conflict["deletedTaskId"] is None
    assert conflict["task"]["version"] == 3
    gone = await delete(subgraph, alice, id=task_id, permanently=True, expectedVersion=3)
    assert gone == {"deletedTaskId": task_id, "task": None, "userErrors": []}
    assert problems(await restore(subgraph, alice, task_id)) == [("NOT_FOUND", ["input", "id"])]


@pytest.mark.parametrize("task_id", [MISSING, "nonsense", "user_00000000000000000000000000000000"])
async def test_what_is_not_there_is_not_found(subgraph: Subgraph, task_id: str) -> None:
    alice = subgraph.person()
    not_found = [("NOT_FOUND", ["input", "id"])]

    assert problems(await update(subgraph, alice, id=task_id, title="x")) == not_found
    assert problems(await delete(subgraph, alice, id=task_id)) == not_found
    assert problems(await delete(subgraph, alice, id=task_id, permanently=True)) == not_found
    assert problems(await restore(subgraph, alice, task_id)) == not_found


async def test_every_change_tells_what_live_updates_need(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    task = await subgraph.create(alice)
    task_id = task["id"]
    await update(subgraph, alice, id=task_id, title="New", priority="LOW")
    await update(subgraph, alice, id=task_id, status="DONE")
    await update(subgraph, alice, id=task_id, status="TODO")
    await update(subgraph, alice, id=task_id, status="TODO")  # changes nothing, tells nothing
    await delete(subgraph, alice, id=task_id)
    await restore(subgraph, alice, task_id)
    await delete(subgraph, alice, id=task_id, permanently=True)

    rows = await subgraph.database.fetch(
        "SELECT type, subject, data->>'kind' AS kind, data->>'owner_id' AS owner,"
        " data->>'actor_id' AS actor, (data->>'version')::int AS version,"
        " ARRAY(SELECT jsonb_array_elements_text(data->'changed') ORDER BY 1) AS changed"
        " FROM outbox ORDER BY id"
    )

    assert {(row["subject"], row["owner"], row["actor"]) for row in rows} == {
        (task_id, alice.id, alice.id)
    }
    assert [(row["type"], row["kind"], row["version"], row["changed"]) for row in rows] == [
        ("task.created", "CREATED", 1, []),
        ("task.updated", "UPDATED", 2, ["priority", "title"]),
        ("task.completed", "COMPLETED", 3, ["completed_at", "status"]),
        ("task.updated", "REOPENED", 4, ["completed_at", "status"]),
        ("task.trashed", "TRASHED", 5, ["deleted_at"]),
        ("task.restored", "RESTORED", 6, ["deleted_at"]),
        ("task.deleted", "TRASHED", 7, []),
    ]


async def test_problems_are_told_in_the_language_of_the_person(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    variables = {"input": {"title": ""}}

    russian = await subgraph.post(
        CREATE_TASK, variables, viewer=alice, headers={"accept-language": "ru-RU,en;q=0.5"}
    )
    english = await subgraph.post(CREATE_TASK, variables, viewer=alice)

    (error,) = russian["data"]["createTask"]["userErrors"]
    assert error["message"] == "Поле не должно быть пустым."
    (error,) = english["data"]["createTask"]["userErrors"]
    assert error["message"] == "This must not be empty."
