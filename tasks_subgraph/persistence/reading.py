"""Reads of tasks, each within one owner's."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from subgraph_kit.connections import Page, PageRequest, page
from subgraph_kit.database import Database
from tasks_subgraph.domain.task import Task, TaskPriority, TaskStatus
from tasks_subgraph.domain.task_list import TaskFilter, TaskOrder
from tasks_subgraph.persistence.list_statements import (
    TASK_COLUMNS,
    count_statement,
    page_statement,
)

_BY_ID = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = ANY($1::uuid[]) AND owner_id = $2"  # noqa: S608 - no values

_STATUSES = tuple(TaskStatus)
_PRIORITIES = tuple(TaskPriority)


class ListedTask(NamedTuple):
    task: Task
    sort_value: object
    """What the list is sorted by, for the cursor."""


async def tasks_by_id(database: Database, owner_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Task]:
    """Those of the tasks that exist and are the owner's, also from the trash."""
    return {row["id"]: task_of(row) for row in await database.fetch(_BY_ID, ids, owner_id)}


async def task_page(
    database: Database,
    owner_id: UUID,
    task_filter: TaskFilter,
    order: TaskOrder,
    request: PageRequest,
    *,
    now: datetime,
) -> Page[ListedTask]:
    statement, arguments = page_statement(owner_id, task_filter, order, request, now)
    rows = await database.fetch(statement, *arguments)
    return page(request, [ListedTask(task_of(row), row["sort_value"]) for row in rows])


async def task_count(
    database: Database, owner_id: UUID, task_filter: TaskFilter, *, now: datetime
) -> int:
    statement, arguments = count_statement(owner_id, task_filter, now)
    count = await database.fetch_value(statement, *arguments)
    assert isinstance(count, int)  # noqa: S101 - narrows for mypy
    return count


def task_of(row: asyncpg.Record) -> Task:
    """A task from a row whose first columns are `TASK_COLUMNS`."""
    (
        id_, owner_id, title, description, status, priority, due_at, completed_at,
        created_at, updated_at, deleted_at, overdue_marked_at, version,
    ) = row[:13]  # fmt: skip
    return Task(
        id_, owner_id, title, description, _STATUSES[status], _PRIORITIES[priority], due_at,
        completed_at, created_at, updated_at, deleted_at, overdue_marked_at, version,
    )  # fmt: skip
