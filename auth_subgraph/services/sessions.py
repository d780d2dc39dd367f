"""Refreshing and ending sessions."""

from datetime import datetime
from uuid import UUID

from auth_subgraph.domain.audit import AuditEvent, AuditKind, Origin
from auth_subgraph.domain.problems import ProblemCode, Rejected, rejected
from auth_subgraph.domain.sessions import (
    EndReason,
    PresentedRefreshToken,
    RefreshVerdict,
    judge_refresh,
    refresh_token_hash,
)
from auth_subgraph.persistence import audit, sessions, users
from auth_subgraph.persistence.clock import database_time
from auth_subgraph.services import limits
from auth_subgraph.services.limits import Attempts, Limits
from auth_subgraph.services.metrics import REFRESHES
from auth_subgraph.services.session_tokens import SessionTokens, TokenPair
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.ids import format_id

_REJECTIONS = {
    RefreshVerdict.INVALID: ProblemCode.REFRESH_TOKEN_INVALID,
    RefreshVerdict.EXPIRED: ProblemCode.REFRESH_TOKEN_EXPIRED,
    RefreshVerdict.REUSED: ProblemCode.REFRESH_TOKEN_REUSED,
}


class SessionService:
    def __init__(
        self,
        database: Database,
        session_tokens: SessionTokens,
        attempts: Attempts,
        rates: Limits,
    ) -> None:
        self._database = database
        self._session_tokens = session_tokens
        self._attempts = attempts
        self._rates = rates

    async def refresh(self, refresh_token: str, origin: Origin) -> TokenPair | Rejected:
        """Exchange a refresh token for a fresh pair of the same session.

        Raises:
            RateLimitedError: Too many refreshes from this address.
        """
        tries = limits.per_address("refresh", origin.address, self._rates.refreshes_per_address)
        await limits.count(self._attempts, tries)
        token_hash = refresh_token_hash(refresh_token)
        if token_hash is None:
            return _rejected(ProblemCode.REFRESH_TOKEN_INVALID)
        async with self._database.unit_of_work() as work:
            presented = await sessions.find_presented(work, token_hash)
            if presented is None:
                return _rejected(ProblemCode.REFRESH_TOKEN_INVALID)
            now = await database_time(work)
            verdict = judge_refresh(presented, now, self._session_tokens.policy)
            REFRESHES.labels(verdict.value.lower()).inc()
            if verdict is RefreshVerdict.REUSED:
                await self._end_stolen(work, presented, origin, now)
            if verdict in _REJECTIONS:
                return _rejected(_REJECTIONS[verdict])
            user = await users.find(work, presented.user_id)
            if user is None:
                return _rejected(ProblemCode.REFRESH_TOKEN_INVALID)
            if verdict is RefreshVerdict.EXCHANGE:
                await sessions.use_refresh_token(work, token_hash, now)
            return await self._session_tokens.renew(
                work, user, presented.session_id, presented.session_created_at, origin, now
            )

    async def _end_stolen(
        self, work: UnitOfWork, presented: PresentedRefreshToken, origin: Origin, now: datetime
    ) -> None:
        await self._end_one(
            work, presented.user_id, presented.session_id, EndReason.REFRESH_REUSED, now
        )
        event = AuditEvent(
            AuditKind.REFRESH_REUSED,
            None,
            presented.user_id,
            {"session": format_id("sess", presented.session_id)},
        )
        await audit.record(work, event, origin, now)

    async def log_out(
        self, refresh_token: str | None, current: tuple[UUID, UUID] | None, origin: Origin
    ) -> bool:
        """End the session of the refresh token if one is given, else the current one.

        Args:
            refresh_token: Any of the session, used or not.
            current: User and session of the access token, if a good one was sent.
            origin: For the audit trail.

        Returns:
            Whether this ended a session.
        """
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            if refresh_token is not None:
                token_hash = refresh_token_hash(refresh_token)
                presented = token_hash and await sessions.find_presented(work, token_hash)
                current = (presented.user_id, presented.session_id) if presented else None
            if current is None:
                return False
            user_id, session_id = current
            if not await self._end_one(work, user_id, session_id, EndReason.LOGGED_OUT, now):
                return False
            event = AuditEvent(AuditKind.LOGGED_OUT, user_id, user_id)
            await audit.record(work, event, origin, now)
        return True

    async def log_out_everywhere(
        self, user_id: UUID, current_id: UUID, origin: Origin, *, keep_current: bool
    ) -> int:
        """End all sessions of the user, or all but the current one; returns how many."""
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            ended = await sessions.end_others(
                work,
                user_id,
                current_id if keep_current else None,
                reason=EndReason.LOGGED_OUT,
                now=now,
            )
            await self._session_tokens.tell_ended(work, user_id, ended, now)
            if ended:
                event = AuditEvent(AuditKind.LOGGED_OUT, user_id, user_id, {"sessions": len(ended)})
                await audit.record(work, event, origin, now)
        return len(ended)

    async def revoke(
        self, user_id: UUID, session_id: UUID | None, origin: Origin
    ) -> Rejected | None:
        """End one of the user's active sessions; `NOT_FOUND` when it is none of them."""
        if session_id is None:
            return rejected(ProblemCode.NOT_FOUND, "input", "sessionId")
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            if not await self._end_one(work, user_id, session_id, EndReason.REVOKED, now):
                return rejected(ProblemCode.NOT_FOUND, "input", "sessionId")
            event = AuditEvent(
                AuditKind.SESSION_REVOKED,
                user_id,
                user_id,
                {"session": format_id("sess", session_id)},
            )
            await audit.record(work, event, origin, now)
        return None

    async def _end_one(
        self,
        work: UnitOfWork,
        user_id: UUID,
        session_id: UUID,
        reason: EndReason,
        now: datetime,
    ) -> bool:
        ended = await sessions.end_one(work, user_id, session_id, reason=reason, now=now)
        await self._session_tokens.tell_ended(work, user_id, ended, now)
        return bool(ended)


def _rejected(code: ProblemCode) -> Rejected:
    return rejected(code, "input", "refreshToken")
