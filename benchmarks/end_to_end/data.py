"""What the services serve: tasks in one database, users in another."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devstack.postgres import EmbeddedPostgres

TASKS = 100_000
USERS = 10_000
"""Task number k belongs to user k modulo USERS: a page never names an owner twice."""


class TaskStatus(Enum):
    TODO = 0
    IN_PROGRESS = 1
    DONE = 2
    CANCELED = 3


class TaskPriority(Enum):
    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4


_TABLES: Mapping[str, str] = {
    "tasks": f"""
        CREATE TABLE tasks (
          number int PRIMARY KEY, id uuid NOT NULL, owner_id uuid NOT NULL, title text NOT NULL,
          status smallint NOT NULL, priority smallint NOT NULL, created_at timestamptz NOT NULL
        );
        INSERT INTO tasks
        SELECT k, md5('task ' || k)::uuid, md5('user ' || k % {USERS})::uuid, 'Task number ' || k,
               k % {len(TaskStatus)}, k % {len(TaskPriority)},
               '2026-01-01T00:00:00Z'::timestamptz + k * interval '1 minute'
        FROM generate_series(0, {TASKS - 1}) AS k;
    """,  # noqa: S608 - our own numbers
    "users": f"""
        CREATE TABLE users (id uuid PRIMARY KEY, username text NOT NULL, email text NOT NULL);
        INSERT INTO users
        SELECT md5('user ' || k)::uuid, 'user' || k, 'user' || k || '@example.com'
        FROM generate_series(0, {USERS - 1}) AS k;
    """,  # noqa: S608
}


def first_number(page: str) -> int:
    """Where a page begins: `page-17` at task 17, counted around."""
    return int(page.rpartition("-")[2]) % (TASKS - 100)


async def fill(server: EmbeddedPostgres) -> dict[str, str]:
    """Make both databases; gives their addresses."""
    admin = await asyncpg.connect(server.url())
    for name, statements in _TABLES.items():
        await admin.execute(f"CREATE DATABASE {name}")
        connection = await asyncpg.connect(server.url(name))
        await connection.execute(statements)
        await connection.execute(f"VACUUM ANALYZE {name}")
        await connection.close()
    await admin.close()
    return {name: server.url(name, driver="postgresql+asyncpg") for name in _TABLES}
