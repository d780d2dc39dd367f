"""Statements on users inside a unit of work."""
# ruff: noqa: S608 - statements are put together from constants alone

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from auth_subgraph.persistence.rows import USER_COLUMN_COUNT, USER_COLUMNS, user_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from auth_subgraph.domain.accounts import User, UserRole, UserStatus
    from subgraph_kit.database import UnitOfWork


@dataclass(slots=True)
class Taken:
    username: bool
    email: bool


_TAKEN = text(
    "SELECT EXISTS (SELECT FROM users WHERE username = :username AND id IS DISTINCT FROM :except),"
    " EXISTS (SELECT FROM users WHERE email = :email AND id IS DISTINCT FROM :except)"
)

_INSERT = text(
    "INSERT INTO users (id, username, email, password_hash, role, status, created_at, updated_at,"
    " last_login_at)"
    " VALUES (:id, :username, :email, :password_hash, :role, :status, :created_at, :updated_at,"
    " :last_login_at) ON CONFLICT DO NOTHING RETURNING id"
)

_BY_ID = f"SELECT {USER_COLUMNS}, password_hash FROM users WHERE id = :id"
_FOUND = text(_BY_ID)
_LOCKED = text(f"{_BY_ID} FOR UPDATE")

_LOGGED_IN = text(
    "UPDATE users SET last_login_at = date_trunc('milliseconds', clock_timestamp()),"
    " password_hash = coalesce(:new_hash, password_hash)"
    " WHERE id = :id AND password_hash = :old_hash AND status = 'ACTIVE'"
    f" RETURNING {USER_COLUMNS}"
)

_SET_NAMES = text(
    "UPDATE users SET username = :username, email = :email, updated_at = :now"
    f" WHERE id = :id RETURNING {USER_COLUMNS}"
)
_SET_ROLE = text(
    f"UPDATE users SET role = :value, updated_at = :now WHERE id = :id RETURNING {USER_COLUMNS}"
)
_SET_STATUS = text(
    f"UPDATE users SET status = :value, updated_at = :now WHERE id = :id RETURNING {USER_COLUMNS}"
)
_SET_PASSWORD = text("UPDATE users SET password_hash = :new_hash WHERE id = :id")
_DELETE = text("DELETE FROM users WHERE id = :id")

_LOCK_FIRST_USER = text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
_ANY_USER = text("SELECT 1 FROM users LIMIT 1")

_LOCK_ACTIVE_ADMINISTRATORS = text(
    "SELECT id FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE' ORDER BY id FOR UPDATE"
)


async def taken(
    work: UnitOfWork, *, username: str | None, email: str | None, except_id: UUID | None = None
) -> Taken:
    """Which of the names belong to somebody (else than `except_id`)."""
    row = (
        await work.execute(_TAKEN, {"username": username, "email": email, "except": except_id})
    ).one()
    return Taken(username=row[0], email=row[1])


async def insert(work: UnitOfWork, user: User, password_hash: str) -> bool:
    """Whether the user is in; not when the username or e-mail belongs to somebody."""
    outcome = await work.execute(
        _INSERT,
        {
            "id": user.id,
            "username": user.username,
            "email": user.email,
            "password_hash": password_hash,
            "role": user.role.value,
            "status": user.status.value,
            "created_at": user.created_at,
            "updated_at": user.updated_at,
            "last_login_at": user.last_login_at,
        },
    )
    return outcome.first() is not None


async def find(work: UnitOfWork, user_id: UUID) -> User | None:
    row = (await work.execute(_FOUND, {"id": user_id})).first()
    return None if row is None else user_of(row)


async def find_with_password(work: UnitOfWork, user_id: UUID) -> tuple[User, str] | None:
    """The user and the password's hash, locked until the unit of work ends."""
    row = (await work.execute(_LOCKED, {"id": user_id})).first()
    return None if row is None else (user_of(row), row[USER_COLUMN_COUNT])


async def log_in(
    work: UnitOfWork, user_id: UUID, *, old_hash: str, new_hash: str | None
) -> User | None:
    """Note the login, which happens now, and lock the user.

    None when password or status changed meanwhile.
    """
    row = (
        await work.execute(_LOGGED_IN, {"id": user_id, "old_hash": old_hash, "new_hash": new_hash})
    ).first()
    return None if row is None else user_of(row)


async def set_names(
    work: UnitOfWork, user_id: UUID, *, username: str, email: str, now: datetime
) -> User:
    """Raises IntegrityError when one of them was taken meanwhile."""
    row = await work.execute(
        _SET_NAMES, {"id": user_id, "username": username, "email": email, "now": now}
    )
    return user_of(row.one())


async def set_role(work: UnitOfWork, user_id: UUID, role: UserRole, now: datetime) -> User:
    row = await work.execute(_SET_ROLE, {"id": user_id, "value": role.value, "now": now})
    return user_of(row.one())


async def set_status(work: UnitOfWork, user_id: UUID, status: UserStatus, now: datetime) -> User:
    row = await work.execute(_SET_STATUS, {"id": user_id, "value": status.value, "now": now})
    return user_of(row.one())


async def set_password(work: UnitOfWork, user_id: UUID, new_hash: str) -> None:
    await work.execute(_SET_PASSWORD, {"id": user_id, "new_hash": new_hash})


async def delete(work: UnitOfWork, user_id: UUID) -> None:
    """With sessions, refresh tokens and known addresses."""
    await work.execute(_DELETE, {"id": user_id})


async def lock_active_administrators(work: UnitOfWork) -> set[UUID]:
    """Nobody else can demote, suspend or delete one of them until the unit of work ends."""
    return set((await work.execute(_LOCK_ACTIVE_ADMINISTRATORS)).scalars())


async def is_empty(work: UnitOfWork) -> bool:
    """Whether there is no account at all; holds until the unit of work ends."""
    await work.execute(_LOCK_FIRST_USER)
    return (await work.execute(_ANY_USER)).first() is None
