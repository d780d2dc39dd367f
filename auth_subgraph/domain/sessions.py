"""Sessions, how long they live, and what a refresh token is worth.

A session is one login on one device. Its refresh token works once; the token that replaces it
belongs to the same session. A token that comes back shortly after its use is a lost answer or a
second tab and gets a pair of its own; one that comes back later has been copied by somebody, and
since nobody can tell who is the thief, the whole session ends.

Source: RFC 9700 (OAuth 2.0 security), section 4.14.2, refresh token rotation.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from uuid import UUID

_REFRESH_TOKEN = re.compile(r"rt_[A-Za-z0-9_-]{43}", re.ASCII)
_REFRESH_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    access_token_ttl: timedelta
    refresh_token_ttl: timedelta
    session_max_age: timedelta
    refresh_reuse_grace: timedelta
    max_per_user: int

    def expires_at(self, created_at: datetime, now: datetime) -> datetime:
        """When a session ends that is used now and never again."""
        return min(now + self.refresh_token_ttl, created_at + self.session_max_age)


@dataclass(slots=True)
class Session:
    id: UUID
    user_id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ip_address: str | None
    user_agent: str | None


class EndReason(Enum):
    """Why a session is over."""

    LOGGED_OUT = "LOGGED_OUT"
    REVOKED = "REVOKED"
    TOO_MANY = "TOO_MANY"
    REFRESH_REUSED = "REFRESH_REUSED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    SUSPENDED = "SUSPENDED"


def new_refresh_token() -> tuple[str, bytes]:
    """A refresh token, and what is stored of it."""
    token = f"rt_{secrets.token_urlsafe(_REFRESH_TOKEN_BYTES)}"
    return token, sha256(token.encode()).digest()


def refresh_token_hash(token: str) -> bytes | None:
    """What is stored of a refresh token; None when the text is none of ours.

    Plain SHA-256 is enough: 256 random bits cannot be guessed from it.
    """
    return sha256(token.encode()).digest() if _REFRESH_TOKEN.fullmatch(token) else None


@dataclass(slots=True)
class PresentedRefreshToken:
    """What is stored about a refresh token that somebody sent."""

    session_id: UUID
    user_id: UUID
    session_created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    is_session_over: bool
    """Ended by somebody, or the account is suspended."""


class RefreshVerdict(Enum):
    EXCHANGE = "EXCHANGE"
    EXCHANGE_AGAIN = "EXCHANGE_AGAIN"
    """A repeat within the grace: a fresh pair, and the first use stays the one that counts."""
    INVALID = "INVALID"
    EXPIRED = "EXPIRED"
    REUSED = "REUSED"


def judge_refresh(
    token: PresentedRefreshToken, now: datetime, policy: SessionPolicy
) -> RefreshVerdict:
    if token.is_session_over:
        return RefreshVerdict.INVALID
    if now >= min(token.expires_at, token.session_created_at + policy.session_max_age):
        return RefreshVerdict.EXPIRED
    if token.used_at is None:
        return RefreshVerdict.EXCHANGE
    if now - token.used_at <= policy.refresh_reuse_grace:
        return RefreshVerdict.EXCHANGE_AGAIN
    return RefreshVerdict.REUSED
