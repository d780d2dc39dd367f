"""What the database does for a list, with 100,000 tasks of ten owners: it never reads them all."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from subgraph_kit.connections import PageRequest
from subgraph_kit.database import Database, connect
from subgraph_kit.ids import uuid7
from tasks_subgraph.domain.task import TaskPriority, TaskStatus
from tasks_subgraph.domain.task_list import OrderField, TaskFilter, TaskOrder, TimeRange
from tasks_subgraph.persistence.list_statements import (
    Statement,
    count_statement,
    page_statement,
    position,
)
from tests.support.bulk_load import indexed_afterwards
from tests.support.databases import Databases
from tests.tasks_subgraph.conftest import migrate
from tests.tasks_subgraph.seeding import NOON, seed_by_sql

pytestmark = pytest.mark.xdist_group("100,000 tasks")  # one process makes them

OWNERS = [uuid7() for _ in range(10)]
TASKS_PER_OWNER = 10_000
PAGE = 20
WITHIN_AN_HOUR = TimeRange(NOON, NOON + timedelta(hours=1))


async def _seed(url: str) -> None:
    await migrate(url)
    database = Database(url, application_name="test", statement_timeout_s=60)
    async with database.connection() as connection, indexed_afterwards(connection, "tasks"):
        for owner_id in OWNERS:
            await seed_by_sql(database, owner_id, TASKS_PER_OWNER)
    await database.close()


@pytest.fixture(scope="module")
def seeded_url(databases: Databases) -> str:
    return databases.url("tasks_100000", _seed)


def explain(url: str, statement: Statement) -> dict[str, Any]:
    text = f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, FORMAT JSON) {statement.text}"
    explained = asyncio.run(_fetch_value(url, Statement(text, statement.arguments)))
    plan: dict[str, Any] = json.loads(explained)[0]["Plan"]
    return plan


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes_of(child)


def rows_read(plan: dict[str, Any]) -> float:
    """Rows that scans of the table took up, thrown away ones included."""
    counts = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    total = 0.0
    for node in nodes_of(plan):
        if node.get("Relation Name") == "tasks":
            total += node["Actual Loops"] * sum(node.get(count, 0) for count in counts)
    return total


def assert_no_scan_of_everything(plan: dict[str, Any]) -> None:
    assert "Seq Scan" not in {node["Node Type"] for node in nodes_of(plan)}


def page_of(
    order: TaskOrder, task_filter: TaskFilter, *, last: bool = False, after: bool = False
) -> Statement:
    middle = {
        OrderField.PRIORITY: 2,
        OrderField.TITLE: "task 5\x01task 5",
    }.get(order.field, NOON - timedelta(minutes=40))
    cursor = position(UUID(int=0), middle) if after else None
    request = PageRequest(PAGE, last, None if last else cursor, cursor if last else None)
    return page_statement(OWNERS[3], task_filter, order, request, NOON)


@pytest.mark.parametrize("in_trash", [False, True])
@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.parametrize("field", OrderField)
def test_a_page_reads_its_rows_and_no_more(
    seeded_url: str, field: OrderField, is_descending: bool, in_trash: bool
) -> None:
    order, task_filter = TaskOrder(field, is_descending), TaskFilter(in_trash=in_trash)
    for last in (False, True):
        for after in (False, True):
            plan = explain(seeded_url, page_of(order, task_filter, last=last, after=after))
            assert_no_scan_of_everything(plan)
            assert "Sort" not in {node["Node Type"] for node in nodes_of(plan)}
            assert rows_read(plan) <= PAGE + 1


FILTERS = [
    TaskFilter(statuses=(TaskStatus.CANCELED,)),
    TaskFilter(statuses=(TaskStatus.CANCELED, TaskStatus.TODO)),
    TaskFilter(priorities=(TaskPriority.URGENT,)),
    TaskFilter(is_completed=True),
    TaskFilter(is_completed=False),
    TaskFilter(is_overdue=True),
    TaskFilter(is_overdue=False),
    TaskFilter(has_due_at=True),
    TaskFilter(has_due_at=False),
    TaskFilter(due_at=WITHIN_AN_HOUR),
    TaskFilter(created_at=TimeRange(NOON - timedelta(minutes=2), NOON)),
    TaskFilter(updated_at=TimeRange(NOON - timedelta(minutes=1), NOON)),
    TaskFilter(completed_at=TimeRange(NOON - timedelta(minutes=1), NOON)),
    TaskFilter(search="task 17"),
    TaskFilter(search="task -17"),
    TaskFilter(search="nowhere"),
    TaskFilter(search="the"),
]


@pytest.mark.parametrize("task_filter", FILTERS, ids=str)
def test_a_filtered_page_and_its_count_read_what_matches_or_a_few_pages(
    seeded_url: str, task_filter: TaskFilter
) -> None:
    count = explain(seeded_url, count_statement(OWNERS[3], task_filter, NOON))
    matching = asyncio.run(_fetch_value(seeded_url, count_statement(OWNERS[3], task_filter, NOON)))

    assert_no_scan_of_everything(count)
    assert rows_read(count) <= TASKS_PER_OWNER
    for field in (OrderField.CREATED_AT, OrderField.TITLE):
        plan = explain(seeded_url, page_of(TaskOrder(field, is_descending=True), task_filter))
        assert_no_scan_of_everything(plan)
        assert rows_read(plan) <= max(matching, 10 * PAGE)


async def _fetch_value(url: str, statement: Statement) -> Any:
    connection = await connect(url)
    try:
        return await connection.fetchval(statement.text, *statement.arguments)
    finally:
        await connection.close()


TO_MARK = "status IN (0, 1) AND overdue_marked_at IS NULL AND deleted_at IS NULL"


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (f"due_at < $1 AND {TO_MARK} ORDER BY due_at", "ix_tasks_becoming_overdue"),
        ("deleted_at < $1 ORDER BY deleted_at", "ix_tasks_in_trash"),
    ],
)
def test_the_worker_reads_only_what_it_changes(seeded_url: str, rows: str, index: str) -> None:
    text = f"SELECT id FROM tasks WHERE {rows} LIMIT 1000 FOR UPDATE SKIP LOCKED"  # noqa: S608
    plan = explain(seeded_url, Statement(text, [NOON - timedelta(days=1)]))

    assert index in {node.get("Index Name") for node in nodes_of(plan)}
    assert rows_read(plan) == 0
