"""Set-based statements of the worker: one batch each, safe to run in several processes.

The periodic ones take their rows with SKIP LOCKED, so that they wait for nobody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from subgraph_kit.database import Database, UnitOfWork, row_count

_MARK_OVERDUE = """
UPDATE tasks SET overdue_marked_at = $1
WHERE id IN (
  SELECT id FROM tasks
  WHERE due_at < $1 AND status IN (0, 1) AND overdue_marked_at IS NULL AND deleted_at IS NULL
  ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id, owner_id, version
"""
_EMPTY_TRASH = """
WITH gone AS (
  DELETE FROM tasks WHERE id IN (
    SELECT id FROM tasks WHERE deleted_at < $1
    ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  RETURNING id, owner_id, version
), counted AS (
  UPDATE task_owners SET task_count = greatest(task_count - gone_of_owner.count, 0)
  FROM (SELECT owner_id, count(*) FROM gone GROUP BY owner_id) AS gone_of_owner
  WHERE task_owners.owner_id = gone_of_owner.owner_id
)
SELECT id, owner_id, version FROM gone
"""
_FORGET_KEYS = """
DELETE FROM idempotency_keys WHERE (owner_id, key) IN (
  SELECT owner_id, key FROM idempotency_keys WHERE created_at < $1
  LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""
_IS_CLOSED = """
SELECT EXISTS (SELECT FROM task_owners WHERE owner_id = $1 AND deleted_at IS NOT NULL)
"""
_CLOSE_OWNER = """
INSERT INTO task_owners (owner_id, deleted_at) VALUES ($1, $2)
ON CONFLICT (owner_id) DO UPDATE SET deleted_at = excluded.deleted_at, task_count = 0
"""
_DELETE_TASKS_OF = """
DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE owner_id = $1 LIMIT $2)
"""
_DELETE_KEYS_OF = "DELETE FROM idempotency_keys WHERE owner_id = $1"
_FORGET_OWNERS = "DELETE FROM task_owners WHERE deleted_at < $1"


class Touched(NamedTuple):
    task_id: UUID
    owner_id: UUID
    version: int


async def mark_overdue(work: UnitOfWork, *, now: datetime, limit: int) -> Sequence[Touched]:
    """Mark live, open tasks whose due date has passed and that are not marked yet."""
    return [Touched(*row) for row in await work.fetch(_MARK_OVERDUE, now, limit)]


async def empty_trash(work: UnitOfWork, *, before: datetime, limit: int) -> Sequence[Touched]:
    """Remove for good what was put into the trash before that moment."""
    return [Touched(*row) for row in await work.fetch(_EMPTY_TRASH, before, limit)]


async def forget_keys(database: Database, *, before: datetime, limit: int) -> int:
    return await database.execute(_FORGET_KEYS, before, limit)


async def is_owner_closed(work: UnitOfWork, owner_id: UUID) -> bool:
    return bool(await work.fetchval(_IS_CLOSED, owner_id))


async def close_owner(work: UnitOfWork, owner_id: UUID, *, now: datetime) -> None:
    """From now on the owner can create nothing; waits for tasks being created right now."""
    await work.execute(_CLOSE_OWNER, owner_id, now)


async def delete_tasks_of(work: UnitOfWork, owner_id: UUID, *, limit: int) -> int:
    """Waits for tasks that are being changed: none may stay behind."""
    return row_count(await work.execute(_DELETE_TASKS_OF, owner_id, limit))


async def delete_keys_of(work: UnitOfWork, owner_id: UUID) -> None:
    await work.execute(_DELETE_KEYS_OF, owner_id)


async def forget_owners(database: Database, *, before: datetime) -> int:
    """Forget owners closed before that moment; no token of theirs can be good any more."""
    return await database.execute(_FORGET_OWNERS, before)
