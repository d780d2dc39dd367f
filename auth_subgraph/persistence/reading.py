"""Reads: one statement each, outside any transaction."""
# ruff: noqa: S608 - statements are put together from constants alone

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_subgraph.domain.accounts import SeenUser, User
from auth_subgraph.domain.sessions import Session
from auth_subgraph.persistence.rows import (
    SESSION_COLUMNS,
    USER_COLUMN_COUNT,
    USER_COLUMNS,
    session_of,
    user_of,
)
from subgraph_kit.database import Database

_ACTIVE_SESSION = (
    "FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = {id}"
    " AND sessions.ended_at IS NULL AND sessions.expires_at > now() AND users.status = 'ACTIVE'"
)

_VIEWER = f"SELECT {USER_COLUMNS} {_ACTIVE_SESSION.format(id='$1')} AND users.id = $2"
_SEEN = (
    f"WITH viewer AS MATERIALIZED (SELECT users.id, users.role {_ACTIVE_SESSION.format(id='$2')})"
    " SELECT users.id, users.username, users.created_at, viewer.id IS NOT NULL,"
    + ",".join(
        f" CASE WHEN viewer.id IS NOT NULL THEN users.{column} END"
        for column in ("email", "role", "status", "updated_at", "last_login_at")
    )
    + " FROM users LEFT JOIN viewer ON viewer.id = users.id OR viewer.role = ANY($3::text[])"
    " WHERE users.id = ANY($1::text::uuid[])"
)
_BY_USERNAME = f"SELECT {USER_COLUMNS} FROM users WHERE username = $1"
_CREDENTIALS = (
    f"SELECT {USER_COLUMNS}, password_hash, EXISTS (SELECT FROM known_addresses"
    " WHERE known_addresses.user_id = users.id AND address = $2"
    " AND known_addresses.last_login_at > now() - interval '30 days')"
    " FROM users WHERE "
)
_CREDENTIALS_BY_NAME = {
    column: f"{_CREDENTIALS} users.{column} = $1" for column in ("username", "email")
}
_PASSWORD_HASH = "SELECT password_hash FROM users WHERE id = $1"  # noqa: S105 - a statement
_SESSIONS = (
    f"SELECT {SESSION_COLUMNS} FROM sessions WHERE user_id = $1 AND ended_at IS NULL"
    " AND expires_at > now() ORDER BY last_used_at DESC, id DESC"
)


async def viewer(database: Database, session_id: UUID, user_id: UUID) -> User | None:
    """The user, if this session of theirs is active."""
    rows = await database.fetch(_VIEWER, session_id, user_id)
    return user_of(rows[0]) if rows else None


async def seen_users(
    database: Database,
    ids: Sequence[str],
    session_id: UUID | None,
    roles_that_see_all: Sequence[str],
) -> dict[str, SeenUser]:
    """Users that exist, as the user of an active session may see them.

    What is private leaves the database only for those who may see it.

    Args:
        database: Of this subgraph.
        ids: 32 hexadecimal digits each, as the keys of the answer.
        session_id: Of the one who looks; None for anybody.
        roles_that_see_all: The others see themselves alone.
    """
    # As one text: asyncpg takes its time for each item of an array.
    rows = await database.fetch(_SEEN, f"{{{','.join(ids)}}}", session_id, roles_that_see_all)
    seen: dict[str, SeenUser] = {}
    for row in rows:
        user_id, username, created_at, is_shown, email, role, status, updated_at, last = row
        user = (
            user_of((user_id, username, email, role, status, created_at, updated_at, last))
            if is_shown
            else None
        )
        seen[user_id.hex] = SeenUser(username, created_at, user)
    return seen


async def user_by_username(database: Database, username: str) -> User | None:
    rows = await database.fetch(_BY_USERNAME, username)
    return user_of(rows[0]) if rows else None


async def active_sessions(database: Database, user_id: UUID) -> list[Session]:
    """The most recently used first."""
    return [session_of(row) for row in await database.fetch(_SESSIONS, user_id)]


@dataclass(slots=True)
class Credentials:
    """A user and what a login is checked against."""

    user: User
    password_hash: str
    is_known_address: bool
    """Whether somebody logged in to the account from this address in the last 30 days."""


async def credentials(
    database: Database, column: str, value: str, address: str
) -> Credentials | None:
    """By `username` or `email`."""
    rows = await database.fetch(_CREDENTIALS_BY_NAME[column], value, address)
    if not rows:
        return None
    row = rows[0]
    return Credentials(user_of(row), row[USER_COLUMN_COUNT], row[USER_COLUMN_COUNT + 1])


async def password_hash(database: Database, user_id: UUID) -> str | None:
    """None when there is no such user."""
    found = await database.fetch_value(_PASSWORD_HASH, user_id)
    return found if isinstance(found, str) else None
