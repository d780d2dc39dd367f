"""Opening, renewing and ending sessions inside a unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from auth_subgraph.domain.accounts import User
from auth_subgraph.domain.audit import Origin
from auth_subgraph.domain.sessions import (
    EndReason,
    Session,
    SessionPolicy,
    new_refresh_token,
)
from auth_subgraph.events import published
from auth_subgraph.persistence import revocations, sessions
from auth_subgraph.services.signing import TokenSigner
from subgraph_kit.database import UnitOfWork
from subgraph_kit.ids import format_id, uuid7
from subgraph_kit.tokens import LEEWAY_S


@dataclass(frozen=True, slots=True)
class TokenPair:
    access_token: str
    expires_in_s: int
    refresh_token: str
    refresh_token_expires_at: datetime


class SessionTokens:
    """What login, refresh and the end of a session write and hand out."""

    def __init__(self, signer: TokenSigner, policy: SessionPolicy) -> None:
        self._signer = signer
        self.policy = policy

    async def open(self, work: UnitOfWork, user: User, origin: Origin, now: datetime) -> TokenPair:
        """A further session; the caller holds the user's row lock or has just inserted it."""
        session = Session(
            id=uuid7(),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            expires_at=self.policy.expires_at(now, now),
            ip_address=origin.address,
            user_agent=origin.user_agent,
        )
        refresh_token, token_hash = new_refresh_token()
        await sessions.open_session(work, session, token_hash)
        ended = await sessions.end_oldest(
            work, user.id, self.policy.max_per_user, reason=EndReason.TOO_MANY, now=now
        )
        await self.tell_ended(work, user.id, ended, now)
        return self._pair(user, session.id, refresh_token, now, session.expires_at)

    async def renew(
        self,
        work: UnitOfWork,
        user: User,
        session_id: UUID,
        session_created_at: datetime,
        origin: Origin,
        now: datetime,
    ) -> TokenPair:
        """A fresh pair for a session that is locked."""
        expires_at = self.policy.expires_at(session_created_at, now)
        refresh_token, token_hash = new_refresh_token()
        await sessions.renew(
            work,
            session_id,
            token_hash,
            now=now,
            expires_at=expires_at,
            ip_address=origin.address,
            user_agent=origin.user_agent,
        )
        return self._pair(user, session_id, refresh_token, now, expires_at)

    def _pair(
        self,
        user: User,
        session_id: UUID,
        refresh_token: str,
        now: datetime,
        expires_at: datetime,
    ) -> TokenPair:
        return TokenPair(
            access_token=self._signer.access_token(user, session_id, now),
            expires_in_s=int(self._signer.access_token_ttl.total_seconds()),
            refresh_token=refresh_token,
            refresh_token_expires_at=expires_at,
        )

    async def tell_ended(
        self,
        work: UnitOfWork,
        user_id: UUID,
        ended: Sequence[tuple[UUID, datetime]],
        now: datetime,
    ) -> None:
        """Have everybody refuse the access tokens of sessions that ended, and tell the others."""
        if not ended:
            return
        await self.revoke(work, ended, now)
        ids = [session_id for session_id, _ in ended]
        until = max(self.last_token_expires_at(issued_at) for _, issued_at in ended)
        await published.publish(work, published.session_revoked(user_id, ids, until))

    async def revoke(
        self, work: UnitOfWork, ended: Sequence[tuple[UUID, datetime]], now: datetime
    ) -> None:
        """Put the sessions on the list that verifiers follow, as long as it matters."""
        untils = {
            format_id("sess", session_id): self.last_token_expires_at(issued_at)
            for session_id, issued_at in ended
        }
        await revocations.add(
            work, {subject: until for subject, until in untils.items() if until > now}
        )

    def last_token_expires_at(self, issued_at: datetime) -> datetime:
        """When nobody accepts an access token of that moment any more."""
        return issued_at + self.policy.access_token_ttl + timedelta(seconds=LEEWAY_S)
