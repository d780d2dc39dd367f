"""Rows as domain objects. Every statement names the columns in the order given here."""

from typing import Any, Protocol

from auth_subgraph.domain.accounts import User, UserRole, UserStatus
from auth_subgraph.domain.sessions import Session


class Row(Protocol):
    """A row of asyncpg, or as many values."""

    def __getitem__(self, index: int, /) -> Any:  # noqa: ANN401 - the border of the database
        ...


USER_COLUMNS = (
    "users.id, users.username, users.email, users.role, users.status, users.created_at,"
    " users.updated_at, users.last_login_at"
)
USER_COLUMN_COUNT = 8

SESSION_COLUMNS = (
    "sessions.id, sessions.user_id, sessions.created_at, sessions.last_used_at,"
    " sessions.expires_at, sessions.ip_address, sessions.user_agent"
)

_ROLES = {role.value: role for role in UserRole}
_STATUSES = {status.value: status for status in UserStatus}


def user_of(row: Row) -> User:
    """Read the row's first columns, which are `USER_COLUMNS`."""
    return User(row[0], row[1], row[2], _ROLES[row[3]], _STATUSES[row[4]], row[5], row[6], row[7])


def session_of(row: Row) -> Session:
    """Read the row's columns, which are `SESSION_COLUMNS`."""
    return Session(row[0], row[1], row[2], row[3], row[4], row[5], row[6])
