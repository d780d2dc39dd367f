"""Kinds of acts that the audit trail keeps."""

from dataclasses import dataclass
from enum import Enum
from typing import Self
from uuid import UUID


class AuditKind(Enum):
    REGISTERED = "REGISTERED"
    LOGIN_SUCCEEDED = "LOGIN_SUCCEEDED"
    LOGIN_FAILED = "LOGIN_FAILED"
    LOGIN_LIMITED = "LOGIN_LIMITED"
    LOGGED_OUT = "LOGGED_OUT"
    REFRESH_REUSED = "REFRESH_REUSED"
    SESSION_REVOKED = "SESSION_REVOKED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105
    PASSWORD_REJECTED = "PASSWORD_REJECTED"  # noqa: S105
    EMAIL_CHANGED = "EMAIL_CHANGED"
    USERNAME_CHANGED = "USERNAME_CHANGED"
    ROLE_CHANGED = "ROLE_CHANGED"
    SUSPENDED = "SUSPENDED"
    REINSTATED = "REINSTATED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, for the audit trail and the list of sessions."""

    address: str | None
    user_agent: str | None
    request_id: str | None

    @classmethod
    def of_system(cls) -> Self:
        """An act that no request asked for, such as one from the command line."""
        return cls(None, None, None)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit trail.

    Args:
        kind: What was done.
        actor_id: Who did it; None for an anonymous caller or the system.
        subject_id: Whom it was done to; None when the account is unknown.
        details: What the kind does not say, such as the new role; never a secret.
    """

    kind: AuditKind
    actor_id: UUID | None
    subject_id: UUID | None
    details: dict[str, object] | None = None
