"""Statements on sessions and refresh tokens inside a unit of work."""
# ruff: noqa: S608 - statements are put together from constants alone

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from auth_subgraph.domain.sessions import EndReason, PresentedRefreshToken, Session
from auth_subgraph.persistence.rows import SESSION_COLUMNS, session_of
from subgraph_kit.database import UnitOfWork

_OPEN = (
    "WITH opened AS (INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at,"
    " ip_address, user_agent) VALUES ($1, $2, $3, $3, $4, $5, $6))"
    " INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at)"
    " VALUES ($7, $1, $3, $4)"
)
_RENEW = (
    "WITH renewed AS (UPDATE sessions SET last_used_at = $2, expires_at = $3, ip_address = $4,"
    " user_agent = $5 WHERE id = $1)"
    " INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at)"
    " VALUES ($6, $1, $2, $3)"
)
_USE = "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1"
_FORGET = "DELETE FROM refresh_tokens WHERE session_id = $1"

_PRESENTED = (
    "SELECT sessions.id, sessions.user_id, sessions.created_at, refresh_tokens.expires_at,"
    " sessions.ended_at IS NOT NULL OR users.status <> 'ACTIVE'"
    " FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id"
    " JOIN users ON users.id = sessions.user_id"
    " WHERE token_hash = $1 FOR UPDATE OF sessions"
)
_PRESENTED_AGAIN = "SELECT used_at FROM refresh_tokens WHERE token_hash = $1"

_FIND_ACTIVE = (
    f"SELECT {SESSION_COLUMNS} FROM sessions WHERE id = $1 AND user_id = $2"
    " AND ended_at IS NULL AND expires_at > now() FOR UPDATE"
)

# Several are locked in order of their ids, so that two who end them wait instead of deadlocking.
_ACTIVE = "SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3"
_END = (
    "UPDATE sessions SET ended_at = $3, end_reason = $2 WHERE id IN"
    " ({chosen} ORDER BY id FOR UPDATE) AND ended_at IS NULL RETURNING id, last_used_at"
)
_END_ONE = _END.format(chosen=f"{_ACTIVE} AND id = $4")
_END_OTHERS = _END.format(chosen=f"{_ACTIVE} AND id IS DISTINCT FROM $4")
_END_OLDEST = _END.format(
    chosen="SELECT id FROM sessions WHERE id IN"
    f" ({_ACTIVE} ORDER BY created_at DESC, id DESC OFFSET $4)"
)


async def open_session(work: UnitOfWork, session: Session, token_hash: bytes) -> None:
    """Store a session with its first refresh token."""
    await work.execute(
        _OPEN,
        session.id,
        session.user_id,
        session.created_at,
        session.expires_at,
        session.ip_address,
        session.user_agent,
        token_hash,
    )


async def renew(
    work: UnitOfWork,
    session_id: UUID,
    token_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
    ip_address: str | None,
    user_agent: str | None,
) -> None:
    """Note the use of a session and store its next refresh token."""
    await work.execute(_RENEW, session_id, now, expires_at, ip_address, user_agent, token_hash)


async def use_refresh_token(work: UnitOfWork, token_hash: bytes, now: datetime) -> None:
    await work.execute(_USE, token_hash, now)


async def delete_refresh_tokens(work: UnitOfWork, session_id: UUID) -> None:
    await work.execute(_FORGET, session_id)


async def find_presented(work: UnitOfWork, token_hash: bytes) -> PresentedRefreshToken | None:
    """What is known of a refresh token; its session stays locked until the unit of work ends."""
    row = await work.fetchrow(_PRESENTED, token_hash)
    if row is None:
        return None
    # Whoever waited for the lock sees the session as it is now, but the token as it was before:
    # Postgres reads only the locked table again.
    again = await work.fetchrow(_PRESENTED_AGAIN, token_hash)
    if again is None:
        return None
    session_id, user_id, created_at, expires_at, is_session_over = row
    return PresentedRefreshToken(
        session_id, user_id, created_at, expires_at, again["used_at"], is_session_over
    )


async def find_active(work: UnitOfWork, user_id: UUID, session_id: UUID) -> Session | None:
    """A session of the user, locked until the unit of work ends."""
    row = await work.fetchrow(_FIND_ACTIVE, session_id, user_id)
    return None if row is None else session_of(row)


async def end_one(
    work: UnitOfWork, user_id: UUID, session_id: UUID, *, reason: EndReason, now: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """End a session of the user if it is active.

    Returns:
        Id and time of the last issue of tokens of each session that this ended.
    """
    return await _end(work, _END_ONE, user_id, reason, now, session_id)


async def end_others(
    work: UnitOfWork, user_id: UUID, keep: UUID | None, *, reason: EndReason, now: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """End all sessions of the user but `keep`; returns what `end_one` does."""
    return await _end(work, _END_OTHERS, user_id, reason, now, keep)


async def end_oldest(
    work: UnitOfWork, user_id: UUID, keep: int, *, reason: EndReason, now: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """End all but the `keep` newest sessions of the user; returns what `end_one` does."""
    return await _end(work, _END_OLDEST, user_id, reason, now, keep)


async def _end(
    work: UnitOfWork,
    statement: str,
    user_id: UUID,
    reason: EndReason,
    now: datetime,
    which: UUID | int | None,
) -> Sequence[tuple[UUID, datetime]]:
    rows = await work.fetch(statement, user_id, reason.value, now, which)
    return [(row[0], row[1]) for row in rows]
