"""Set-based statements of the worker: one batch each, safe to run in several processes.

Rows are taken with SKIP LOCKED in every batch, so that nobody waits for the worker and it waits for
nobody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CursorResult, TextClause, text

from subgraph_kit.database import UnitOfWork

_MARK_OVERDUE = text(
    """
    UPDATE tasks SET overdue_marked_at = :now
    WHERE id IN (
      SELECT id FROM tasks
      WHERE due_at < :now AND status IN (0, 1) AND overdue_marked_at IS NULL
        AND deleted_at IS NULL
      ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING id, owner_id, version
    """
)
_EMPTY_TRASH = text(
    """
    WITH gone AS (
      DELETE FROM tasks WHERE id IN (
        SELECT id FROM tasks WHERE deleted_at < :before
        ORDER BY deleted_at LIMIT :limit FOR UPDATE SKIP LOCKED
      )
      RETURNING id, owner_id, version
    ), counted AS (
      UPDATE task_owners SET task_count = greatest(task_count - gone_of_owner.count, 0)
      FROM (SELECT owner_id, count(*) FROM gone GROUP BY owner_id) AS gone_of_owner
      WHERE task_owners.owner_id = gone_of_owner.owner_id
    )
    SELECT id, owner_id, version FROM gone
    """
)
_FORGET_KEYS = text(
    """
    DELETE FROM idempotency_keys WHERE (owner_id, key) IN (
      SELECT owner_id, key FROM idempotency_keys WHERE created_at < :before
      LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    """
)
_IS_CLOSED = text("SELECT 1 FROM task_owners WHERE owner_id = :owner_id AND deleted_at IS NOT NULL")
_CLOSE_OWNER = text(
    """
    INSERT INTO task_owners (owner_id, deleted_at) VALUES (:owner_id, :now)
    ON CONFLICT (owner_id) DO UPDATE SET deleted_at = excluded.deleted_at, task_count = 0
    """
)
_DELETE_TASKS_OF = text(
    """
    DELETE FROM tasks WHERE id IN (
      SELECT id FROM tasks WHERE owner_id = :owner_id LIMIT :limit
    )
    """
)
_DELETE_KEYS_OF = text("DELETE FROM idempotency_keys WHERE owner_id = :owner_id")
_FORGET_OWNERS = text("DELETE FROM task_owners WHERE deleted_at < :before")


class Touched(NamedTuple):
    task_id: UUID
    owner_id: UUID
    version: int


async def mark_overdue(work: UnitOfWork, *, now: datetime, limit: int) -> Sequence[Touched]:
    """Mark live, open tasks whose due date has passed and that are not marked yet."""
    rows = await work.execute(_MARK_OVERDUE, {"now": now, "limit": limit})
    return [Touched(*row) for row in rows]


async def empty_trash(work: UnitOfWork, *, before: datetime, limit: int) -> Sequence[Touched]:
    """Remove for good what was put into the trash before that moment."""
    rows = await work.execute(_EMPTY_TRASH, {"before": before, "limit": limit})
    return [Touched(*row) for row in rows]


async def forget_keys(work: UnitOfWork, *, before: datetime, limit: int) -> int:
    return await _count(work, _FORGET_KEYS, before=before, limit=limit)


async def is_owner_closed(work: UnitOfWork, owner_id: UUID) -> bool:
    return (await work.execute(_IS_CLOSED, {"owner_id": owner_id})).first() is not None


async def close_owner(work: UnitOfWork, owner_id: UUID, *, now: datetime) -> None:
    """From now on the owner can create nothing; waits for tasks being created right now."""
    await work.execute(_CLOSE_OWNER, {"owner_id": owner_id, "now": now})


async def delete_tasks_of(work: UnitOfWork, owner_id: UUID, *, limit: int) -> int:
    return await _count(work, _DELETE_TASKS_OF, owner_id=owner_id, limit=limit)


async def delete_keys_of(work: UnitOfWork, owner_id: UUID) -> None:
    await work.execute(_DELETE_KEYS_OF, {"owner_id": owner_id})


async def forget_owners(work: UnitOfWork, *, before: datetime) -> int:
    """Forget owners closed before that moment; no token of theirs can be good any more."""
    return await _count(work, _FORGET_OWNERS, before=before)


async def _count(work: UnitOfWork, statement: TextClause, **values: object) -> int:
    result = await work.execute(statement, values)
    assert isinstance(result, CursorResult)  # noqa: S101 - narrows for mypy
    return result.rowcount
