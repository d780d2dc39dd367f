"""What administrators do to other people's accounts."""

from datetime import datetime
from uuid import UUID

from auth_subgraph.domain.accounts import User, UserRole, UserStatus
from auth_subgraph.domain.audit import AuditEvent, AuditKind, Origin
from auth_subgraph.domain.problems import ProblemCode, Rejected, rejected
from auth_subgraph.domain.sessions import EndReason
from auth_subgraph.events import published
from auth_subgraph.persistence import audit, revocations, sessions, users
from auth_subgraph.persistence.clock import database_time
from auth_subgraph.services.deletion import delete_user, is_last_administrator
from auth_subgraph.services.session_tokens import SessionTokens
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.ids import format_id

_USER_ID = ("input", "userId")


class AdministrationService:
    """Every method takes the administrator's id for the audit trail; rights are checked before."""

    def __init__(self, database: Database, session_tokens: SessionTokens) -> None:
        self._database = database
        self._session_tokens = session_tokens

    async def set_role(
        self, user_id: UUID | None, role: UserRole, actor_id: UUID, origin: Origin
    ) -> User | Rejected:
        """Access tokens follow at the next refresh."""
        async with self._database.unit_of_work() as work:
            is_last = role is not UserRole.ADMIN and await is_last_administrator(work, user_id)
            before = await _locked(work, user_id)
            if isinstance(before, Rejected) or before.role is role:
                return before
            if is_last:
                return rejected(ProblemCode.LAST_ADMIN, *_USER_ID)
            now = await database_time(work)
            user = await users.set_role(work, before.id, role, now)
            details: dict[str, object] = {"from": before.role.value, "to": role.value}
            event = AuditEvent(AuditKind.ROLE_CHANGED, actor_id, user.id, details)
            await audit.record(work, event, origin, now)
            await published.publish(work, published.role_changed(user))
        return user

    async def set_status(
        self, user_id: UUID | None, status: UserStatus, actor_id: UUID, origin: Origin
    ) -> User | Rejected:
        """Suspending ends all sessions; reinstating brings none of them back."""
        async with self._database.unit_of_work() as work:
            is_last = status is UserStatus.SUSPENDED and await is_last_administrator(work, user_id)
            before = await _locked(work, user_id)
            if isinstance(before, Rejected) or before.status is status:
                return before
            if is_last:
                return rejected(ProblemCode.LAST_ADMIN, *_USER_ID)
            now = await database_time(work)
            user = await users.set_status(work, before.id, status, now)
            if status is UserStatus.SUSPENDED:
                await self._suspend(work, user, now)
                kind = AuditKind.SUSPENDED
            else:
                await revocations.remove(work, format_id("user", user.id))
                await published.publish(work, published.user_updated(user, ["status"]))
                kind = AuditKind.REINSTATED
            await audit.record(work, AuditEvent(kind, actor_id, user.id), origin, now)
        return user

    async def _suspend(self, work: UnitOfWork, user: User, now: datetime) -> None:
        ended = await sessions.end_others(work, user.id, None, reason=EndReason.SUSPENDED, now=now)
        await self._session_tokens.revoke(work, ended, now)
        until = self._session_tokens.last_token_expires_at(now)
        await revocations.add(work, {format_id("user", user.id): until})
        ids = [session_id for session_id, _ in ended]
        await published.publish(work, published.user_suspended(user.id, ids, until))

    async def revoke_sessions(
        self, user_id: UUID | None, actor_id: UUID, origin: Origin
    ) -> int | Rejected:
        """End all sessions of a user; returns how many."""
        async with self._database.unit_of_work() as work:
            user = await _locked(work, user_id)
            if isinstance(user, Rejected):
                return user
            now = await database_time(work)
            ended = await sessions.end_others(
                work, user.id, None, reason=EndReason.REVOKED, now=now
            )
            await self._session_tokens.tell_ended(work, user.id, ended, now)
            if ended:
                details: dict[str, object] = {"sessions": len(ended)}
                event = AuditEvent(AuditKind.SESSION_REVOKED, actor_id, user.id, details)
                await audit.record(work, event, origin, now)
        return len(ended)

    async def delete(self, user_id: UUID | None, actor_id: UUID, origin: Origin) -> Rejected | None:
        if user_id is None:
            return rejected(ProblemCode.NOT_FOUND, "input", "id")
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            return await delete_user(
                work,
                self._session_tokens,
                user_id,
                "input",
                "id",
                actor_id=actor_id,
                origin=origin,
                now=now,
            )


async def _locked(work: UnitOfWork, user_id: UUID | None) -> User | Rejected:
    locked = await users.find_with_password(work, user_id) if user_id is not None else None
    return rejected(ProblemCode.NOT_FOUND, *_USER_ID) if locked is None else locked[0]
