"""Writes of tasks and of what belongs to them, each within a unit of work."""
# ruff: noqa: S608 - statements are put together from constants alone

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from subgraph_kit.database import UnitOfWork
from tasks_subgraph.domain.task import Task
from tasks_subgraph.domain.text import searchable, title_sort_key
from tasks_subgraph.persistence.list_statements import TASK_COLUMNS
from tasks_subgraph.persistence.reading import task_of

_LOCKED = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = $1 AND owner_id = $2 FOR UPDATE"
_INSERT = """
INSERT INTO tasks (id, owner_id, status, priority, due_at, completed_at, created_at, updated_at,
                   version, title, description, title_sort_key, search_vector)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, task_search_vector($2, $13, $14))
"""
_UPDATE = """
UPDATE tasks SET status = $2, priority = $3, due_at = $4, completed_at = $5, updated_at = $6,
                 deleted_at = $7, overdue_marked_at = $8, version = $9
WHERE id = $1
"""
_UPDATE_WITH_TEXTS = """
UPDATE tasks SET status = $2, priority = $3, due_at = $4, completed_at = $5, updated_at = $6,
                 deleted_at = $7, overdue_marked_at = $8, version = $9,
                 title = $10, description = $11, title_sort_key = $12,
                 search_vector = task_search_vector(owner_id, $13, $14)
WHERE id = $1
"""
_DELETE = """
WITH gone AS (DELETE FROM tasks WHERE id = $1)
UPDATE task_owners SET task_count = greatest(task_count - 1, 0) WHERE owner_id = $2
"""
_COUNT_ONE_MORE = """
INSERT INTO task_owners AS owner (owner_id, task_count) VALUES ($1, 1)
ON CONFLICT (owner_id) DO UPDATE SET task_count = owner.task_count + 1
RETURNING task_count, deleted_at IS NOT NULL
"""
# A key in use is written as it was, which locks it and tells of it in one statement.
_USE_KEY = """
INSERT INTO idempotency_keys AS kept (owner_id, key, input_hash, task_id, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (owner_id, key) DO UPDATE SET
  input_hash = CASE WHEN kept.created_at < $6 THEN excluded.input_hash ELSE kept.input_hash END,
  task_id = CASE WHEN kept.created_at < $6 THEN excluded.task_id ELSE kept.task_id END,
  created_at = CASE WHEN kept.created_at < $6 THEN excluded.created_at ELSE kept.created_at END
RETURNING input_hash, task_id
"""


class UsedKey(NamedTuple):
    """What an idempotency key is used for."""

    input_hash: bytes
    task_id: UUID


async def locked_task(work: UnitOfWork, owner_id: UUID, task_id: UUID) -> Task | None:
    """The task, held against other changes until the unit of work ends."""
    row = await work.fetchrow(_LOCKED, task_id, owner_id)
    return None if row is None else task_of(row)


async def insert_task(work: UnitOfWork, task: Task) -> None:
    await work.execute(
        _INSERT, task.id, task.owner_id, task.status, task.priority, task.due_at,
        task.completed_at, task.created_at, task.updated_at, task.version, *_texts(task),
    )  # fmt: skip


async def update_task(work: UnitOfWork, task: Task, fields: Collection[str]) -> None:
    """Store a changed task.

    Args:
        work: Holds the lock on its row.
        task: As it is now.
        fields: Those that differ; texts and what is made from them are left alone otherwise.
    """
    values = (
        task.id, task.status, task.priority, task.due_at, task.completed_at, task.updated_at,
        task.deleted_at, task.overdue_marked_at, task.version,
    )  # fmt: skip
    if "title" in fields or "description" in fields:
        await work.execute(_UPDATE_WITH_TEXTS, *values, *_texts(task))
    else:
        await work.execute(_UPDATE, *values)


async def delete_task(work: UnitOfWork, task: Task) -> None:
    await work.execute(_DELETE, task.id, task.owner_id)


async def use_key(
    work: UnitOfWork,
    owner_id: UUID,
    key: str,
    use: UsedKey,
    *,
    now: datetime,
    valid_since: datetime,
) -> UsedKey | None:
    """Claim an idempotency key; None when it is ours, else how it was used before.

    A claim of the same key by another unit of work is waited for. Keys from before `valid_since`
    are free.
    """
    (row,) = await work.fetch(
        _USE_KEY, owner_id, key, use.input_hash, use.task_id, now, valid_since
    )
    kept = UsedKey(*row)
    return None if kept == use else kept


class OwnerState(NamedTuple):
    task_count: int
    is_deleted: bool


async def count_one_more(work: UnitOfWork, owner_id: UUID) -> OwnerState:
    """Count a task that is about to be made; the owner's row is held until the work ends."""
    (row,) = await work.fetch(_COUNT_ONE_MORE, owner_id)
    return OwnerState(*row)


def _texts(task: Task) -> tuple[str | None, ...]:
    """Title, description, and what is made from them: the sort key and what search looks at."""
    return (
        task.title,
        task.description,
        title_sort_key(task.title),
        searchable(task.title),
        None if task.description is None else searchable(task.description),
    )
