"""Writes of tasks and of what belongs to them, each within a unit of work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from subgraph_kit.database import UnitOfWork
from tasks_subgraph.domain.task import Task, TaskPriority, TaskStatus
from tasks_subgraph.domain.text import searchable, title_sort_key
from tasks_subgraph.persistence.tables import IDEMPOTENCY_KEYS, TASK_OWNERS, TASKS

_TASK_FIELDS = Task.__slots__
_TASK_COLUMNS = [TASKS.c[name] for name in _TASK_FIELDS]


class UsedKey(NamedTuple):
    """An idempotency key that was used before."""

    input_hash: bytes
    task_id: UUID


async def locked_task(work: UnitOfWork, owner_id: UUID, task_id: UUID) -> Task | None:
    """The task, held against other changes until the unit of work ends."""
    row = (
        await work.execute(
            select(*_TASK_COLUMNS)
            .where(TASKS.c.id == task_id, TASKS.c.owner_id == owner_id)
            .with_for_update()
        )
    ).one_or_none()
    return None if row is None else _task(row)


async def insert_task(work: UnitOfWork, task: Task) -> None:
    await work.execute(insert(TASKS).values(_columns(task, _TASK_FIELDS)))


async def update_task(work: UnitOfWork, task: Task, fields: Sequence[str]) -> None:
    """Store a changed task.

    Args:
        work: Holds the lock on its row.
        task: As it is now.
        fields: Those that differ; the version, moments and marks are stored in any case.
    """
    names = {*fields, "version", "updated_at", "overdue_marked_at"}
    await work.execute(update(TASKS).where(TASKS.c.id == task.id).values(_columns(task, names)))


async def delete_task(work: UnitOfWork, task: Task) -> None:
    await work.execute(delete(TASKS).where(TASKS.c.id == task.id))
    await work.execute(
        update(TASK_OWNERS)
        .where(TASK_OWNERS.c.owner_id == task.owner_id)
        .values(task_count=func.greatest(TASK_OWNERS.c.task_count - 1, 0))
    )


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
    claim = postgres_insert(IDEMPOTENCY_KEYS).values(
        owner_id=owner_id, key=key, created_at=now, **use._asdict()
    )
    claim = claim.on_conflict_do_update(
        index_elements=[IDEMPOTENCY_KEYS.c.owner_id, IDEMPOTENCY_KEYS.c.key],
        set_={name: claim.excluded[name] for name in ("input_hash", "task_id", "created_at")},
        where=IDEMPOTENCY_KEYS.c.created_at < valid_since,
    )
    claimed = await work.execute(claim.returning(IDEMPOTENCY_KEYS.c.task_id))
    if claimed.one_or_none() is not None:
        return None
    row = await work.execute(
        select(IDEMPOTENCY_KEYS.c.input_hash, IDEMPOTENCY_KEYS.c.task_id).where(
            IDEMPOTENCY_KEYS.c.owner_id == owner_id, IDEMPOTENCY_KEYS.c.key == key
        )
    )
    return UsedKey(*row.one())


class OwnerState(NamedTuple):
    task_count: int
    is_deleted: bool


async def count_one_more(work: UnitOfWork, owner_id: UUID) -> OwnerState:
    """Count a task that is about to be made; the owner's row is held until the work ends."""
    count = postgres_insert(TASK_OWNERS).values(owner_id=owner_id, task_count=1)
    count = count.on_conflict_do_update(
        index_elements=[TASK_OWNERS.c.owner_id], set_={"task_count": TASK_OWNERS.c.task_count + 1}
    )
    row = (
        await work.execute(count.returning(TASK_OWNERS.c.task_count, TASK_OWNERS.c.deleted_at))
    ).one()
    return OwnerState(row.task_count, row.deleted_at is not None)


def _columns(task: Task, names: Sequence[str] | set[str]) -> dict[str, Any]:
    """Values of a task's columns, with those that are made from them."""
    values: dict[str, Any] = {name: getattr(task, name) for name in names}
    if "title" in values:
        values["title_sort_key"] = title_sort_key(task.title)
    if "title" in values or "description" in values:
        values["search_vector"] = search_vector(task.owner_id, task.title, task.description)
    return values


def search_vector(owner_id: UUID, title: str, description: str | None) -> ColumnElement[Any]:
    return func.task_search_vector(
        owner_id, searchable(title), None if description is None else searchable(description)
    )


def _task(row: Row[Any]) -> Task:
    values = row._asdict()
    values["status"] = TaskStatus(values["status"])
    values["priority"] = TaskPriority(values["priority"])
    return Task(**values)
