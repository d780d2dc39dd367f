"""Creating, changing and removing tasks, with bad values, bad networks and other people."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

from devstack.stack import Stack
from tests.support.graph_client import Answer, GraphClient, Person

CREATE = """mutation($input: CreateTaskInput!) { createTask(input: $input) {
  task { id title description status isCompleted priority dueAt isOverdue completedAt deletedAt
         version owner { id username } }
  userErrors { code path } } }"""
UPDATE = """mutation($input: UpdateTaskInput!) { updateTask(input: $input) {
  task { id title description dueAt status isCompleted completedAt updatedAt version }
  userErrors { code path } } }"""
DELETE = """mutation($input: DeleteTaskInput!) { deleteTask(input: $input) {
  deletedTaskId task { id deletedAt version } userErrors { code path } } }"""
RESTORE = """mutation($id: ID!) { restoreTask(input: { id: $id }) {
  task { id deletedAt version } userErrors { code path } } }"""

MISSING_TASK = "task_00000000000000000000000000000000"


async def create(client: GraphClient, person: Person, **values: object) -> Answer:
    return await client.send(CREATE, {"input": values}, token=person.access_token)


async def update(client: GraphClient, person: Person, **values: object) -> dict[str, object]:
    answer = await client.send(UPDATE, {"input": values}, token=person.access_token)
    payload: dict[str, object] = answer.data["updateTask"]
    return payload


async def test_create_a_task_with_nothing_but_a_title(client: GraphClient, alice: Person) -> None:
    payload = (await create(client, alice, title="  Купить молоко  ")).data["createTask"]
    task = payload["task"]
    assert task.pop("id").startswith("task_")
    assert payload["userErrors"] == []
    assert task == {
        "title": "Купить молоко",
        "description": None,
        "status": "TODO",
        "isCompleted": False,
        "priority": "NONE",
        "dueAt": None,
        "isOverdue": False,
        "completedAt": None,
        "deletedAt": None,
        "version": 1,
        "owner": {"id": alice.id, "username": alice.username},
    }


async def test_a_task_cannot_be_created_for_somebody_else(
    client: GraphClient, alice: Person, bob: Person
) -> None:
    answer = await create(client, alice, title="Yours", ownerId=bob.id)
    assert answer.codes[0] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
    assert answer.partial_data is None


async def test_all_bad_values_are_told_at_once(client: GraphClient, alice: Person) -> None:
    answer = await create(
        client, alice, title="   ", description="x" * 10_001, idempotencyKey="short"
    )
    assert answer.data["createTask"] == {
        "task": None,
        "userErrors": [
            {"code": "BLANK", "path": ["input", "title"]},
            {"code": "TOO_LONG", "path": ["input", "description"]},
            {"code": "INVALID", "path": ["input", "idempotencyKey"]},
        ],
    }
    longest = await create(client, alice, title="Ok", description="🙂" * 10_000)
    assert longest.data["createTask"]["task"]["description"] == "🙂" * 10_000


async def test_a_request_that_is_sent_again_makes_one_task(
    client: GraphClient, alice: Person, bob: Person
) -> None:
    key = str(uuid.uuid4())
    values = {"title": "Pay the rent", "priority": "HIGH", "idempotencyKey": key}
    answers = await asyncio.gather(*(create(client, alice, **values) for _ in range(3)))
    again = await create(client, alice, **values)
    tasks = {answer.data["createTask"]["task"]["id"] for answer in (*answers, again)}
    assert len(tasks) == 1
    other = await create(client, alice, **{**values, "title": "Another title"})
    assert other.data["createTask"] == {
        "task": None,
        "userErrors": [{"code": "IDEMPOTENCY_KEY_REUSED", "path": ["input", "idempotencyKey"]}],
    }
    of_bob = await create(client, bob, **values)
    assert of_bob.data["createTask"]["task"]["id"] not in tasks
    count = await client.send("{ tasks { totalCount } }", token=alice.access_token)
    assert count.data["tasks"]["totalCount"] == 1


async def test_change_some_fields_clear_one_finish(client: GraphClient, alice: Person) -> None:
    created = await create(
        client, alice, title="Presents", description="For all", dueAt="2027-12-20T18:00:00Z"
    )
    id_ = created.data["createTask"]["task"]["id"]
    done = (await update(client, alice, id=id_, dueAt=None, status="DONE"))["task"]
    assert isinstance(done, dict)
    assert done["completedAt"] is not None
    assert {name: done[name] for name in ("description", "dueAt", "isCompleted", "version")} == {
        "description": "For all",
        "dueAt": None,
        "isCompleted": True,
        "version": 2,
    }
    back = (await update(client, alice, id=id_, status="TODO"))["task"]
    assert isinstance(back, dict)
    assert (back["completedAt"], back["version"]) == (None, 3)
    same = (await update(client, alice, id=id_, title="Presents"))["task"]
    assert isinstance(same, dict)
    assert (same["version"], same["updatedAt"]) == (3, back["updatedAt"])
    blank = await update(client, alice, id=id_, title=None)
    assert blank["userErrors"] == [{"code": "BLANK", "path": ["input", "title"]}]
    invalid = await update(client, alice, id=id_, status=None)
    assert invalid["userErrors"] == [{"code": "INVALID", "path": ["input", "status"]}]


async def test_of_ten_windows_that_edit_one_version_one_wins(
    client: GraphClient, alice: Person
) -> None:
    task = await client.create_task(alice, "Year report")
    payloads = await asyncio.gather(
        *(
            update(client, alice, id=task["id"], expectedVersion=1, title=f"Title {number}")
            for number in range(10)
        )
    )
    errors = [payload["userErrors"] for payload in payloads]
    conflict = [{"code": "VERSION_CONFLICT", "path": ["input", "expectedVersion"]}]
    assert errors.count([]) == 1
    assert errors.count(conflict) == 9
    shown = {str(payload["task"]) for payload in payloads}
    assert len(shown) == 1  # the losers see what the winner wrote


async def test_a_due_task_becomes_overdue(client: GraphClient, alice: Person) -> None:
    due_at = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    task = await client.create_task(alice, "Late", dueAt=due_at)
    answer = await client.send(
        """query($id: ID!) { task(id: $id) { id status isOverdue version }
             tasks(filter: { isOverdue: true }) { nodes { id } } }""",
        {"id": task["id"]},
        token=alice.access_token,
    )
    assert answer.data == {
        "task": {"id": task["id"], "status": "TODO", "isOverdue": True, "version": 1},
        "tasks": {"nodes": [{"id": task["id"]}]},
    }
    await update(client, alice, id=task["id"], status="DONE")
    done = await client.send(
        "query($id: ID!) { task(id: $id) { isOverdue } }",
        {"id": task["id"]},
        token=alice.access_token,
    )
    assert done.data == {"task": {"isOverdue": False}}


async def test_foreign_and_missing_tasks_are_the_same(
    stack: Stack, client: GraphClient, alice: Person, bob: Person
) -> None:
    task = await client.create_task(alice, "Buy milk")
    read = await client.send(
        """query($id: ID!, $name: String!) { task(id: $id) { id title }
             tasks(filter: { search: "milk" }) { nodes { id } }
             userByUsername(username: $name) { username tasks { totalCount } } }""",
        {"id": task["id"], "name": alice.username},
        token=bob.access_token,
    )
    assert read.partial_data == {
        "task": None,
        "tasks": {"nodes": []},
        "userByUsername": {"username": alice.username, "tasks": None},
    }
    (error,) = read.errors
    assert error["path"] == ["userByUsername", "tasks"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    for id_ in (task["id"], MISSING_TASK):
        updated = await update(client, bob, id=id_, title="mine now")
        assert updated == {
            "task": None,
            "userErrors": [{"code": "NOT_FOUND", "path": ["input", "id"]}],
        }
        deleted = await client.send(
            DELETE, {"input": {"id": id_, "permanently": True}}, token=bob.access_token
        )
        assert deleted.data["deleteTask"]["deletedTaskId"] is None
        assert deleted.data["deleteTask"]["userErrors"][0]["code"] == "NOT_FOUND"
    response = await client.http.post(
        f"http://127.0.0.1:{stack.ports['TASKS_PORT']}/graphql",
        json={
            "query": """query($r: [_Any!]!) { _entities(representations: $r) {
              ... on Task { title } } }""",
            "variables": {"r": [{"__typename": "Task", "id": task["id"]}]},
        },
        headers={"authorization": f"Bearer {bob.access_token}"},
    )
    assert response.json()["data"] == {"_entities": [None]}


async def test_trash_and_restore(client: GraphClient, alice: Person) -> None:
    task = await client.create_task(alice, "Купить молоко")
    id_ = task["id"]
    deleted = await client.send(DELETE, {"input": {"id": id_}}, token=alice.access_token)
    payload = deleted.data["deleteTask"]
    assert payload["deletedTaskId"] == id_
    assert payload["task"]["deletedAt"] is not None
    assert payload["task"]["version"] == 2
    lists = await client.send(
        """{ live: tasks(filter: { search: "молоко" }) { totalCount }
             trash: tasks(filter: { inTrash: true }) { nodes { id } } }""",
        token=alice.access_token,
    )
    assert lists.data == {"live": {"totalCount": 0}, "trash": {"nodes": [{"id": id_}]}}
    restored = await client.send(RESTORE, {"id": id_}, token=alice.access_token)
    assert restored.data["restoreTask"] == {
        "task": {"id": id_, "deletedAt": None, "version": 3},
        "userErrors": [],
    }
    gone = await client.send(
        DELETE, {"input": {"id": id_, "permanently": True}}, token=alice.access_token
    )
    assert gone.data["deleteTask"] == {"deletedTaskId": id_, "task": None, "userErrors": []}
    missing = await client.send(RESTORE, {"id": id_}, token=alice.access_token)
    assert missing.data["restoreTask"]["userErrors"][0]["code"] == "NOT_FOUND"
