"""Statements on users inside a unit of work."""
# ruff: noqa: S608 - statements are put together from constants alone

from datetime import datetime
from uuid import UUID

import asyncpg

from auth_subgraph.domain.accounts import User, UserRole, UserStatus
from auth_subgraph.domain.names import TakenNames
from auth_subgraph.persistence.rows import USER_COLUMN_COUNT, USER_COLUMNS, user_of
from subgraph_kit.database import Connection, UnitOfWork, row_count


class NameTakenError(Exception):
    """A username or e-mail address came to belong to somebody else a moment ago."""

    def __init__(self, taken: TakenNames) -> None:
        super().__init__()
        self.taken = taken


_TAKEN = (
    "SELECT EXISTS (SELECT FROM users WHERE username = $1 AND id IS DISTINCT FROM $3),"
    " EXISTS (SELECT FROM users WHERE email = $2 AND id IS DISTINCT FROM $3)"
)
_INSERT = (
    "INSERT INTO users (id, username, email, password_hash, role, status, created_at, updated_at,"
    " last_login_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"
)
_FOUND = f"SELECT {USER_COLUMNS}, password_hash FROM users WHERE id = $1"
_LOCKED = f"{_FOUND} FOR UPDATE"
_LOGGED_IN = (
    "UPDATE users SET last_login_at = date_trunc('milliseconds', clock_timestamp()),"
    " password_hash = coalesce($3, password_hash)"
    f" WHERE id = $1 AND password_hash = $2 AND status = 'ACTIVE' RETURNING {USER_COLUMNS}"
)
_SET_NAMES = (
    "UPDATE users SET username = $2, email = $3, updated_at = $4"
    f" WHERE id = $1 RETURNING {USER_COLUMNS}"
)
_SET_ROLE = f"UPDATE users SET role = $2, updated_at = $3 WHERE id = $1 RETURNING {USER_COLUMNS}"
_SET_STATUS = (
    f"UPDATE users SET status = $2, updated_at = $3 WHERE id = $1 RETURNING {USER_COLUMNS}"
)
_SET_PASSWORD = "UPDATE users SET password_hash = $2 WHERE id = $1"  # noqa: S105 - a statement
_DELETE = "DELETE FROM users WHERE id = $1"
_LOCK_FIRST_USER = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"
_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM users)"
_LOCK_ACTIVE_ADMINISTRATORS = (
    "SELECT id FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE' ORDER BY id FOR UPDATE"
)


async def taken(
    connection: Connection,
    *,
    username: str | None,
    email: str | None,
    except_id: UUID | None = None,
) -> TakenNames:
    """Which of the names belong to somebody (else than `except_id`)."""
    (row,) = await connection.fetch(_TAKEN, username, email, except_id)
    return TakenNames(*row)


async def insert(work: UnitOfWork, user: User, password_hash: str) -> bool:
    """Whether the user is in; not when the username or e-mail belongs to somebody."""
    status = await work.execute(
        _INSERT,
        user.id,
        user.username,
        user.email,
        password_hash,
        user.role.value,
        user.status.value,
        user.created_at,
        user.updated_at,
        user.last_login_at,
    )
    return row_count(status) == 1


async def find(work: UnitOfWork, user_id: UUID) -> User | None:
    row = await work.fetchrow(_FOUND, user_id)
    return None if row is None else user_of(row)


async def find_with_password(work: UnitOfWork, user_id: UUID) -> tuple[User, str] | None:
    """The user and the password's hash, locked until the unit of work ends."""
    row = await work.fetchrow(_LOCKED, user_id)
    return None if row is None else (user_of(row), row[USER_COLUMN_COUNT])


async def log_in(
    work: UnitOfWork, user_id: UUID, *, old_hash: str, new_hash: str | None
) -> User | None:
    """Note the login, which happens now, and lock the user.

    None when password or status changed meanwhile.
    """
    row = await work.fetchrow(_LOGGED_IN, user_id, old_hash, new_hash)
    return None if row is None else user_of(row)


async def set_names(
    work: UnitOfWork, user_id: UUID, *, username: str, email: str, now: datetime
) -> User:
    """Rename a user that is locked.

    Raises:
        NameTakenError: One of the names was taken meanwhile; the unit of work is lost.
    """
    try:
        return await _updated(work, _SET_NAMES, user_id, username, email, now)
    except asyncpg.UniqueViolationError as error:
        is_email = error.constraint_name == "uq_users_email"
        raise NameTakenError(TakenNames(username=not is_email, email=is_email)) from error


async def set_role(work: UnitOfWork, user_id: UUID, role: UserRole, now: datetime) -> User:
    return await _updated(work, _SET_ROLE, user_id, role.value, now)


async def set_status(work: UnitOfWork, user_id: UUID, status: UserStatus, now: datetime) -> User:
    return await _updated(work, _SET_STATUS, user_id, status.value, now)


async def set_password(work: UnitOfWork, user_id: UUID, new_hash: str) -> None:
    await work.execute(_SET_PASSWORD, user_id, new_hash)


async def delete(work: UnitOfWork, user_id: UUID) -> None:
    """With sessions, refresh tokens and known addresses."""
    await work.execute(_DELETE, user_id)


async def lock_active_administrators(work: UnitOfWork) -> set[UUID]:
    """Nobody else can demote, suspend or delete one of them until the unit of work ends."""
    return {row[0] for row in await work.fetch(_LOCK_ACTIVE_ADMINISTRATORS)}


async def is_empty(work: UnitOfWork) -> bool:
    """Whether there is no account at all; holds until the unit of work ends."""
    await work.execute(_LOCK_FIRST_USER)
    return bool(await work.fetchval(_IS_EMPTY))


async def _updated(work: UnitOfWork, statement: str, *values: object) -> User:
    row = await work.fetchrow(statement, *values)
    assert row is not None  # noqa: S101 - the caller holds the user's lock
    return user_of(row)
