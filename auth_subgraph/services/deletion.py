"""Deleting an account, by its owner or by an administrator."""

from datetime import datetime
from uuid import UUID

from auth_subgraph.domain.audit import AuditEvent, AuditKind, Origin
from auth_subgraph.domain.problems import ProblemCode, Rejected, rejected
from auth_subgraph.events import published
from auth_subgraph.persistence import audit, revocations, users
from auth_subgraph.services.session_tokens import SessionTokens
from subgraph_kit.database import UnitOfWork
from subgraph_kit.ids import format_id


async def delete_user(
    work: UnitOfWork,
    session_tokens: SessionTokens,
    user_id: UUID,
    *path: str,
    actor_id: UUID,
    origin: Origin,
    now: datetime,
) -> Rejected | None:
    """Delete the user with all sessions; tokens are refused and the others told.

    Args:
        work: The unit of work of the deletion and of its event.
        session_tokens: Knows how long tokens live.
        user_id: Whom.
        path: Of the argument that names the user.
        actor_id: By whom.
        origin: For the audit trail.
        now: The database's time.
    """
    if await is_last_administrator(work, user_id):
        return rejected(ProblemCode.LAST_ADMIN, *path)
    if await users.find_with_password(work, user_id) is None:
        return rejected(ProblemCode.NOT_FOUND, *path)
    subject = format_id("user", user_id)
    await revocations.add(work, {subject: session_tokens.last_token_expires_at(now)})
    await audit.record(work, AuditEvent(AuditKind.DELETED, actor_id, user_id), origin, now)
    await published.publish(work, published.user_deleted(user_id))
    await users.delete(work, user_id)
    return None


async def is_last_administrator(work: UnitOfWork, user_id: UUID | None) -> bool:
    """Whether nobody could administer without this user; holds until the unit of work ends.

    Asked before the user is locked: whoever locks administrators does so in order of their ids and
    holds no other user then, so that two who demote each other wait instead of deadlocking.
    """
    return await users.lock_active_administrators(work) == {user_id}
