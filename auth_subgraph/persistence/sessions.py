"""Statements on sessions and refresh tokens inside a unit of work."""
# ruff: noqa: S608 - statements are put together from constants alone

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from auth_subgraph.domain.sessions import EndReason, PresentedRefreshToken, Session
from auth_subgraph.persistence.rows import SESSION_COLUMNS, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import TextClause

    from subgraph_kit.database import UnitOfWork

_INSERT = text(
    "INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at, ip_address,"
    " user_agent) VALUES (:id, :user_id, :created_at, :last_used_at, :expires_at, :ip_address,"
    " :user_agent)"
)
_TOUCH = text(
    "UPDATE sessions SET last_used_at = :now, expires_at = :expires_at,"
    " ip_address = :ip_address, user_agent = :user_agent WHERE id = :id"
)
_INSERT_TOKEN = text(
    "INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at)"
    " VALUES (:token_hash, :session_id, :now, :expires_at)"
)
_USE_TOKEN = text("UPDATE refresh_tokens SET used_at = :now WHERE token_hash = :token_hash")
_DELETE_TOKENS = text("DELETE FROM refresh_tokens WHERE session_id = :session_id")

_PRESENTED = text(
    "SELECT sessions.id, sessions.user_id, sessions.created_at, refresh_tokens.expires_at,"
    " refresh_tokens.used_at, sessions.ended_at IS NOT NULL OR users.status <> 'ACTIVE'"
    " FROM refresh_tokens JOIN sessions ON sessions.id = refresh_tokens.session_id"
    " JOIN users ON users.id = sessions.user_id"
    " WHERE token_hash = :token_hash FOR UPDATE OF sessions"
)
_PRESENTED_AGAIN = text("SELECT used_at FROM refresh_tokens WHERE token_hash = :token_hash")

_FIND_ACTIVE = text(
    f"SELECT {SESSION_COLUMNS} FROM sessions WHERE id = :id AND user_id = :user_id"
    " AND ended_at IS NULL AND expires_at > now() FOR UPDATE"
)

# Several are locked in order of their ids, so that two who end them wait instead of deadlocking.
_ACTIVE = (
    "SELECT id FROM sessions WHERE user_id = :user_id AND ended_at IS NULL AND expires_at > :now"
)
_END = (
    "UPDATE sessions SET ended_at = :now, end_reason = :reason WHERE id IN"
    " ({chosen} ORDER BY id FOR UPDATE) AND ended_at IS NULL RETURNING id, last_used_at"
)
_END_ONE = text(_END.format(chosen=f"{_ACTIVE} AND id = :session_id"))
_END_OTHERS = text(_END.format(chosen=f"{_ACTIVE} AND id IS DISTINCT FROM :session_id"))
_END_OLDEST = text(
    _END.format(
        chosen="SELECT id FROM sessions WHERE id IN"
        f" ({_ACTIVE} ORDER BY created_at DESC, id DESC OFFSET :keep)"
    )
)


async def insert(work: UnitOfWork, session: Session) -> None:
    await work.execute(
        _INSERT,
        {
            "id": session.id,
            "user_id": session.user_id,
            "created_at": session.created_at,
            "last_used_at": session.last_used_at,
            "expires_at": session.expires_at,
            "ip_address": session.ip_address,
            "user_agent": session.user_agent,
        },
    )


async def touch(
    work: UnitOfWork,
    session_id: UUID,
    *,
    now: datetime,
    expires_at: datetime,
    ip_address: str | None,
    user_agent: str | None,
) -> None:
    await work.execute(
        _TOUCH,
        {
            "id": session_id,
            "now": now,
            "expires_at": expires_at,
            "ip_address": ip_address,
            "user_agent": user_agent,
        },
    )


async def add_refresh_token(
    work: UnitOfWork, session_id: UUID, token_hash: bytes, *, now: datetime, expires_at: datetime
) -> None:
    await work.execute(
        _INSERT_TOKEN,
        {
            "token_hash": token_hash,
            "session_id": session_id,
            "now": now,
            "expires_at": expires_at,
        },
    )


async def use_refresh_token(work: UnitOfWork, token_hash: bytes, now: datetime) -> None:
    await work.execute(_USE_TOKEN, {"token_hash": token_hash, "now": now})


async def delete_refresh_tokens(work: UnitOfWork, session_id: UUID) -> None:
    await work.execute(_DELETE_TOKENS, {"session_id": session_id})


async def find_presented(work: UnitOfWork, token_hash: bytes) -> PresentedRefreshToken | None:
    """What is known of a refresh token; its session stays locked until the unit of work ends."""
    row = (await work.execute(_PRESENTED, {"token_hash": token_hash})).first()
    if row is None:
        return None
    # Whoever waited for the lock sees the session as it is now, but the token as it was before:
    # Postgres reads only the locked table again.
    used_at = (await work.execute(_PRESENTED_AGAIN, {"token_hash": token_hash})).first()
    if used_at is None:
        return None
    return PresentedRefreshToken(row[0], row[1], row[2], row[3], used_at[0], row[5])


async def find_active(work: UnitOfWork, user_id: UUID, session_id: UUID) -> Session | None:
    """A session of the user, locked until the unit of work ends."""
    row = (await work.execute(_FIND_ACTIVE, {"id": session_id, "user_id": user_id})).first()
    return None if row is None else session_of(row)


async def end_one(
    work: UnitOfWork, user_id: UUID, session_id: UUID, *, reason: EndReason, now: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """End a session of the user if it is active.

    Returns:
        Id and time of the last issue of tokens of each session that this ended.
    """
    return await _end(work, _END_ONE, user_id, reason, now, session_id=session_id)


async def end_others(
    work: UnitOfWork, user_id: UUID, keep: UUID | None, *, reason: EndReason, now: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """End all sessions of the user but `keep`; returns what `end_one` does."""
    return await _end(work, _END_OTHERS, user_id, reason, now, session_id=keep)


async def end_oldest(
    work: UnitOfWork, user_id: UUID, keep: int, *, reason: EndReason, now: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """End all but the `keep` newest sessions of the user; returns what `end_one` does."""
    return await _end(work, _END_OLDEST, user_id, reason, now, keep=keep)


async def _end(
    work: UnitOfWork,
    statement: TextClause,
    user_id: UUID,
    reason: EndReason,
    now: datetime,
    **values: object,
) -> Sequence[tuple[UUID, datetime]]:
    outcome = await work.execute(
        statement, {"user_id": user_id, "reason": reason.value, "now": now, **values}
    )
    return [(row[0], row[1]) for row in outcome]
