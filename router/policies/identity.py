"""Who is asking, as far as the router knows."""

from __future__ import annotations

from typing import Literal, NamedTuple

TokenProblem = Literal[
    "TOKEN_MISSING", "TOKEN_EXPIRED", "TOKEN_INVALID", "SESSION_ENDED", "KEYS_UNAVAILABLE"
]
"""Why there is no viewer. KEYS_UNAVAILABLE: the issuer's keys were never received."""


class Viewer(NamedTuple):
    """The caller that a good token names.

    Attributes:
        user_id: Claim `sub`.
        session_id: Claim `sid`; "" without one.
        scopes: Claim `scope` split at spaces, or the list in `scp`.
        role: Claim `role`; "" without one.
        expires_at: Claim `exp`, seconds since the epoch.
    """

    user_id: str
    session_id: str
    scopes: frozenset[str]
    role: str
    expires_at: float


class Identity(NamedTuple):
    """A viewer, or the reason why there is none."""

    viewer: Viewer | None
    problem: TokenProblem | None


ANONYMOUS = Identity(None, "TOKEN_MISSING")
