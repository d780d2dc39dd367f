"""Lists of tasks: filters, orders, pages, against what a plain Python list would give."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from subgraph_kit.connections import Page, PageRequest
from subgraph_kit.cursors import CursorCodec
from subgraph_kit.database import Database
from subgraph_kit.ids import format_id, new_id, parse_id
from subgraph_kit.request_context import RequestContext
from subgraph_kit.tokens import Viewer
from subgraph_kit.types import format_datetime
from tasks_subgraph.api.context import TasksContext
from tasks_subgraph.api.schema import schema
from tasks_subgraph.domain.task import Task, TaskPriority, TaskStatus
from tasks_subgraph.domain.task_list import TaskFilter, TaskOrder
from tasks_subgraph.domain.text import title_sort_key
from tasks_subgraph.services.commands import TaskCommands
from tasks_subgraph.services.queries import ListedTask, TaskQueries
from tests.tasks_subgraph.conftest import Person, Subgraph
from tests.tasks_subgraph.seeding import NOON, a_task, insert_tasks, random_tasks

PAGE = """
query(
  $first: Int, $after: String, $last: Int, $before: String,
  $filter: TaskFilter, $orderBy: TaskOrder
) {
  tasks(
    first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy
  ) {
    edges { cursor node { id title } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
FIELDS = ["CREATED_AT", "UPDATED_AT", "DUE_AT", "PRIORITY", "TITLE"]


async def page(subgraph: Subgraph, viewer: Person, **arguments: Any) -> dict[str, Any]:
    data = await subgraph.data(viewer, PAGE, arguments)
    connection: dict[str, Any] = data["tasks"]
    assert [edge["node"]["id"] for edge in connection["edges"]] == [
        node["id"] for node in connection["nodes"]
    ]
    return connection


def ids(connection: dict[str, Any]) -> list[str]:
    return [node["id"] for node in connection["nodes"]]


def owned_by(subgraph: Subgraph, tasks: Callable[[Any], list[Task]]) -> tuple[Person, list[Task]]:
    alice = subgraph.person()
    owner_id = parse_id("user", alice.id)
    assert owner_id is not None
    return alice, tasks(owner_id)


def sort_value(task: Task, field: str) -> object:
    match field:
        case "CREATED_AT":
            return task.created_at
        case "UPDATED_AT":
            return task.updated_at
        case "PRIORITY":
            return task.priority
        case "TITLE":
            return title_sort_key(task.title)
    return task.due_at


def in_order(tasks: list[Task], field: str, direction: str) -> list[str]:
    """What the list should be, by the slow and obvious way."""
    is_descending = direction == "DESC"
    dated = [task for task in tasks if sort_value(task, field) is not None]
    undated = [task for task in tasks if sort_value(task, field) is None]
    dated.sort(key=lambda task: (sort_value(task, field), task.id), reverse=is_descending)
    undated.sort(key=lambda task: task.id, reverse=is_descending)
    return [format_id("task", task.id) for task in dated + undated]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", FIELDS)
async def test_pages_in_any_order_give_the_list_forward_and_back(
    subgraph: Subgraph, field: str, direction: str
) -> None:
    alice, tasks = owned_by(subgraph, lambda owner_id: random_tasks(owner_id, 60, seed=1))
    await insert_tasks(subgraph.database, tasks)
    expected = in_order([task for task in tasks if not task.deleted_at], field, direction)
    order = {"field": field, "direction": direction}

    forward: list[str] = []
    after = None
    while True:
        part = await page(subgraph, alice, first=7, after=after, orderBy=order)
        assert part["pageInfo"]["hasPreviousPage"] is (after is not None)
        forward += ids(part)
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    backward: list[str] = []
    before = None
    while True:
        part = await page(subgraph, alice, last=7, before=before, orderBy=order)
        backward = ids(part) + backward
        before = part["pageInfo"]["startCursor"]
        if not part["pageInfo"]["hasPreviousPage"]:
            break

    assert forward == expected
    assert backward == expected


@pytest.mark.parametrize("seed", range(6))
async def test_paging_neither_skips_nor_repeats_while_rows_come_and_go(
    subgraph: Subgraph, seed: int
) -> None:
    chance = random.Random(seed)
    field, direction = chance.choice(FIELDS), chance.choice(["ASC", "DESC"])
    alice, tasks = owned_by(subgraph, lambda owner_id: random_tasks(owner_id, 40, seed))
    tasks = [task for task in tasks if not task.deleted_at]
    owner_id = tasks[0].owner_id
    await insert_tasks(subgraph.database, tasks)
    doomed = set(chance.sample([task.id for task in tasks], 10))
    staying = [task for task in tasks if task.id not in doomed]

    is_backward = bool(seed % 2)
    seen: list[str] = []
    cursor = None
    while True:
        size = chance.randrange(1, 6)
        arguments: dict[str, Any] = (
            {"last": size, "before": cursor} if is_backward else {"first": size, "after": cursor}
        )
        order = {"field": field, "direction": direction}
        part = await page(subgraph, alice, orderBy=order, **arguments)
        seen = ids(part) + seen if is_backward else seen + ids(part)
        cursor = part["pageInfo"]["startCursor" if is_backward else "endCursor"]
        if not part["pageInfo"]["hasPreviousPage" if is_backward else "hasNextPage"]:
            break
        await insert_tasks(subgraph.database, random_tasks(owner_id, 2, chance.randrange(10**6)))
        if doomed:
            await subgraph.database.execute("DELETE FROM tasks WHERE id = $1", doomed.pop())

    assert len(seen) == len(set(seen))
    expected = in_order(staying, field, direction)
    kept = set(expected)
    assert [task_id for task_id in seen if task_id in kept] == expected


async def test_a_cursor_works_after_its_row_is_gone(subgraph: Subgraph) -> None:
    alice, tasks = owned_by(
        subgraph, lambda owner_id: [a_task(owner_id, title=name) for name in "abcde"]
    )
    await insert_tasks(subgraph.database, tasks)
    order = {"field": "TITLE"}
    first = await page(subgraph, alice, first=2, orderBy=order)
    await subgraph.database.execute("DELETE FROM tasks WHERE title IN ('b', 'c')")

    second = await page(
        subgraph, alice, first=2, after=first["pageInfo"]["endCursor"], orderBy=order
    )

    assert [edge["node"]["title"] for edge in second["edges"]] == ["d", "e"]


async def test_an_empty_list_has_no_cursors_and_no_neighbours(subgraph: Subgraph) -> None:
    assert await page(subgraph, subgraph.person()) == {
        "edges": [], "nodes": [],
        "pageInfo": {
            "hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None
        },
    }  # fmt: skip


async def test_back_from_the_second_page_is_exactly_the_first(subgraph: Subgraph) -> None:
    alice, tasks = owned_by(
        subgraph,
        lambda owner_id: [
            a_task(owner_id, created_at=NOON + timedelta(seconds=number)) for number in range(45)
        ],
    )
    await insert_tasks(subgraph.database, tasks)
    first = await page(subgraph, alice)
    second = await page(subgraph, alice, first=20, after=first["pageInfo"]["endCursor"])
    back = await page(subgraph, alice, last=20, before=second["pageInfo"]["startCursor"])

    assert len(ids(first)) == 20
    assert back["edges"] == first["edges"]
    assert back["pageInfo"] == {**first["pageInfo"], "hasNextPage": True}


async def test_titles_sort_by_the_alphabet_not_by_code_point(subgraph: Subgraph) -> None:
    titles = ["10", "Apple", "apple", "éclair", "Zebra", "арбуз", "Ель", "ёж", "Ёлка", "енот",
              "жук", "Йод", "индюк", "яблоко"]  # fmt: skip
    alice, tasks = owned_by(
        subgraph, lambda owner_id: [a_task(owner_id, title=title) for title in titles]
    )
    random.Random(3).shuffle(tasks)
    await insert_tasks(subgraph.database, tasks)

    listed = await page(subgraph, alice, first=50, orderBy={"field": "TITLE"})

    found = [edge["node"]["title"] for edge in listed["edges"]]
    assert {found.index("Apple"), found.index("apple")} == {1, 2}
    assert [title for title in found if title.lower() != "apple"] == [
        "10", "éclair", "Zebra", "арбуз", "ёж", "Ёлка", "Ель", "енот", "жук", "индюк", "Йод",
        "яблоко",
    ]  # fmt: skip


def _in(start: timedelta | None, end: timedelta | None, moment: datetime | None) -> bool:
    return (
        moment is not None
        and (start is None or moment >= NOON + start)
        and (end is None or moment < NOON + end)
    )


def _range(start: timedelta | None, end: timedelta | None) -> dict[str, str]:
    edges = {"from": start, "to": end}
    return {name: format_datetime(NOON + edge) for name, edge in edges.items() if edge is not None}


H = timedelta(hours=1)
OPEN = (TaskStatus.TODO, TaskStatus.IN_PROGRESS)
FILTERS: list[tuple[dict[str, Any], Callable[[Task], bool]]] = [
    ({}, lambda task: True),
    ({"statuses": ["TODO", "DONE"]}, lambda t: t.status in (TaskStatus.TODO, TaskStatus.DONE)),
    ({"statuses": []}, lambda t: False),
    ({"statuses": None, "isOverdue": None}, lambda t: True),
    ({"priorities": ["HIGH", "URGENT"]}, lambda t: t.priority >= TaskPriority.HIGH),
    ({"isCompleted": True}, lambda t: t.status is TaskStatus.DONE),
    ({"isCompleted": False}, lambda t: t.status is not TaskStatus.DONE),
    ({"isCompleted": True, "statuses": ["TODO"]}, lambda t: False),
    ({"isOverdue": True}, lambda t: t.is_overdue(NOON)),
    ({"isOverdue": False}, lambda t: not t.is_overdue(NOON)),
    ({"hasDueAt": True}, lambda t: t.due_at is not None),
    ({"hasDueAt": False}, lambda t: t.due_at is None),
    ({"dueAt": _range(-2 * H, 2 * H)}, lambda t: _in(-2 * H, 2 * H, t.due_at)),
    ({"dueAt": {}}, lambda t: True),
    ({"dueAt": {"from": None}}, lambda t: True),
    ({"createdAt": _range(0 * H, None)}, lambda t: _in(0 * H, None, t.created_at)),
    ({"updatedAt": _range(None, H)}, lambda t: _in(None, H, t.updated_at)),
    ({"completedAt": _range(-3 * H, 3 * H)}, lambda t: _in(-3 * H, 3 * H, t.completed_at)),
    (
        {"statuses": ["TODO", "IN_PROGRESS"], "priorities": ["LOW", "HIGH"], "hasDueAt": True,
         "dueAt": _range(None, 4 * H), "createdAt": _range(-5 * H, None)},
        lambda t: t.status in OPEN and t.priority in (TaskPriority.LOW, TaskPriority.HIGH)
        and _in(None, 4 * H, t.due_at) and _in(-5 * H, None, t.created_at),
    ),
]  # fmt: skip


async def test_every_filter_finds_what_it_says_live_and_in_the_trash(subgraph: Subgraph) -> None:
    alice, tasks = owned_by(subgraph, lambda owner_id: random_tasks(owner_id, 90, seed=5))
    await insert_tasks(subgraph.database, tasks)
    subgraph.clock.stop_at(NOON)

    for condition, holds in FILTERS:
        for in_trash in (False, True):
            wanted = {**condition, "inTrash": in_trash}
            answer = await subgraph.data(
                alice,
                "query($filter: TaskFilter) "
                "{ tasks(first: 100, filter: $filter) { totalCount nodes { id } } }",
                {"filter": wanted},
            )
            expected = {
                format_id("task", task.id)
                for task in tasks
                if holds(task) and (task.deleted_at is not None) is in_trash
            }
            assert {node["id"] for node in answer["tasks"]["nodes"]} == expected, wanted
            assert answer["tasks"]["totalCount"] == len(expected), wanted


async def test_a_bad_paging_argument_leaves_the_other_fields_alone(subgraph: Subgraph) -> None:
    answer = await subgraph.post(
        """{ a: tasks(first: 101) { totalCount } b: tasks(first: 5, last: 5) { totalCount }
             c: tasks(first: 5, after: "bm9uc2Vuc2U=") { totalCount } d: tasks { totalCount } }""",
        viewer=subgraph.person(),
    )

    assert answer["data"] == {"a": None, "b": None, "c": None, "d": {"totalCount": 0}}
    assert [
        (error["path"], error["extensions"]["code"], error["extensions"]["argument"])
        for error in answer["errors"]
    ] == [
        (["a"], "BAD_USER_INPUT", "first"),
        (["b"], "BAD_USER_INPUT", "last"),
        (["c"], "BAD_USER_INPUT", "after"),
    ]


async def test_a_cursor_is_refused_under_another_order_and_for_another_viewer(
    subgraph: Subgraph,
) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    await subgraph.create(alice)
    cursor = (await page(subgraph, alice))["pageInfo"]["endCursor"]

    for viewer, arguments in (
        (bob, {}),
        (alice, {"orderBy": {"field": "TITLE"}}),
        (alice, {"orderBy": {"field": "CREATED_AT", "direction": "ASC"}}),
    ):
        answer = await subgraph.post(PAGE, {"after": cursor, **arguments}, viewer=viewer)
        assert answer["data"] == {"tasks": None}
        assert answer["errors"][0]["extensions"]["argument"] == "after"
    with_filter = await page(subgraph, alice, after=cursor, filter={"isCompleted": False})
    assert ids(with_filter) == []


async def test_user_tasks_is_the_same_list(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    await subgraph.create(alice)
    entity = """
    query($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on User { id tasks { totalCount nodes { id owner { id } } } }
      }
    }
    """

    data = await subgraph.data(
        alice, entity, {"representations": [{"__typename": "User", "id": alice.id}]}
    )

    listed = await page(subgraph, alice)
    assert data["_entities"] == [
        {
            "id": alice.id,
            "tasks": {
                "totalCount": 1,
                "nodes": [{"id": ids(listed)[0], "owner": {"id": alice.id}}],
            },
        }
    ]


class RecordingQueries(TaskQueries):
    """Remembers what was read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, now=lambda: NOON)
        self.calls: list[str] = []

    async def page(
        self, owner_id: UUID, task_filter: TaskFilter, order: TaskOrder, request: PageRequest
    ) -> Page[ListedTask]:
        self.calls.append("page")
        return await super().page(owner_id, task_filter, order, request)

    async def count(self, owner_id: UUID, task_filter: TaskFilter) -> int:
        self.calls.append("count")
        return await super().count(owner_id, task_filter)


@pytest.mark.parametrize(
    ("selection", "calls"),
    [
        ("{ nodes { title } }", ["page"]),
        ("{ totalCount }", ["count"]),
        ("{ __typename }", []),
        ("{ ...F pageInfo { endCursor } }", ["count", "page"]),
        ("{ ... on TaskConnection { edges { cursor } } }", ["page"]),
    ],
)
async def test_nothing_is_counted_or_read_that_was_not_asked_for(
    database: Database, selection: str, calls: list[str]
) -> None:
    queries = RecordingQueries(database)
    viewer = Viewer(new_id("user"), "sess_1", "USER", frozenset(("tasks:read",)), 0)
    request = RequestContext(viewer, "en", "1", "", None)
    commands = TaskCommands(
        database, now=lambda: NOON, max_tasks_per_user=1, idempotency_ttl=timedelta(1)
    )
    context = TasksContext(request, queries, commands, CursorCodec(b"key"))

    fragment = "fragment F on TaskConnection { totalCount }" if "...F" in selection else ""
    answer = await schema.execute(f"{{ tasks {selection} }} {fragment}", context_value=context)

    assert answer.errors is None
    assert sorted(queries.calls) == calls
