"""Tasks put into the database directly: many, and with values no client could choose."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from subgraph_kit.database import Database
from subgraph_kit.ids import uuid7
from tasks_subgraph.domain.task import Task, TaskPriority, TaskStatus
from tasks_subgraph.domain.text import searchable, title_sort_key

_INSERT = """
INSERT INTO tasks (id, owner_id, title, title_sort_key, description, status, priority, due_at,
                   completed_at, created_at, updated_at, deleted_at, version, search_vector)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
        task_search_vector($2, $14, $15))
"""

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_task(owner_id: UUID, **values: Any) -> Task:
    status = values.get("status", TaskStatus.TODO)
    defaults: dict[str, Any] = {
        "id": uuid7(), "owner_id": owner_id, "title": "A task", "description": None,
        "status": status, "priority": TaskPriority.NONE, "due_at": None,
        "completed_at": NOON if status is TaskStatus.DONE else None, "created_at": NOON,
        "updated_at": NOON, "deleted_at": None, "overdue_marked_at": None, "version": 1,
    }  # fmt: skip
    return Task(**{**defaults, **values})


def random_tasks(owner_id: UUID, count: int, seed: int) -> list[Task]:
    """Tasks with many equal values, so that ties are the rule."""
    chance = random.Random(seed)

    def moment() -> datetime:
        return NOON + timedelta(hours=chance.randrange(-6, 6))

    tasks = []
    for _ in range(count):
        created_at = moment()
        status = chance.choice(list(TaskStatus))
        tasks.append(
            a_task(
                owner_id,
                title=chance.choice(["Ёлка", "ель", "Ель", "жук", "apple", "Apple", "éclair", "1"]),
                status=status,
                priority=chance.choice(list(TaskPriority)),
                due_at=chance.choice([None, moment()]),
                completed_at=moment() if status is TaskStatus.DONE else None,
                created_at=created_at,
                updated_at=created_at + timedelta(hours=chance.randrange(2)),
                deleted_at=chance.choice([None, None, None, moment()]),
            )
        )
    return tasks


async def insert_tasks(database: Database, tasks: Sequence[Task]) -> None:
    rows = [
        (
            task.id, task.owner_id, task.title, title_sort_key(task.title), task.description,
            task.status, task.priority, task.due_at, task.completed_at, task.created_at,
            task.updated_at, task.deleted_at, task.version, searchable(task.title),
            searchable(task.description or ""),
        )
        for task in tasks
    ]  # fmt: skip
    async with database.connection() as connection:
        await connection.executemany(_INSERT, rows)


_SEED = """
WITH titles AS MATERIALIZED (
  SELECT k, 'task ' || k AS title, task_search_vector($1, 'task ' || k, '') AS search_vector
  FROM generate_series(0, 999) AS k
)
INSERT INTO tasks (id, owner_id, title, title_sort_key, description, status, priority, due_at,
                   completed_at, created_at, updated_at, deleted_at, version, search_vector)
SELECT (lpad(to_hex(n), 8, '0') || substr($1::uuid::text, 9))::uuid,
       $1, title, title || E'\\x01' || title, NULL,
       CASE WHEN $3::timestamptz IS NULL THEN n % 4 ELSE 0 END, n % 5,
       coalesce($3, CASE WHEN n % 3 > 0 THEN $4::timestamptz + n * interval '1 minute' END),
       CASE WHEN $3::timestamptz IS NULL AND n % 4 = 2 THEN $4::timestamptz END,
       $4::timestamptz - n * interval '1 second', $4::timestamptz - n % 7 * interval '1 hour',
       CASE WHEN $3::timestamptz IS NULL AND n % 10 = 0 THEN $4::timestamptz END, 1,
       search_vector
FROM generate_series(1, $2::int) AS n JOIN titles ON k = n % 1000
"""


async def seed_by_sql(
    database: Database, owner_id: UUID, count: int, *, due_at: datetime | None = None
) -> None:
    """Many tasks at once, of every status and priority, a tenth in the trash.

    Args:
        database: Where to.
        owner_id: Whose.
        count: How many.
        due_at: When given, all are live, open and due then.
    """
    async with database.connection() as connection:
        await connection.execute("SET statement_timeout = 60000")
        await connection.execute(_SEED, owner_id, count, due_at, NOON, timeout=60)
        await connection.execute("RESET statement_timeout")
