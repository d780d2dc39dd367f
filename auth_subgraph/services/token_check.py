"""Checking an access token on behalf of somebody who cannot."""

from dataclasses import dataclass
from enum import Enum

from auth_subgraph.domain.accounts import SCOPES, User, UserRole
from auth_subgraph.domain.audit import Origin
from auth_subgraph.persistence import reading
from auth_subgraph.services import limits
from auth_subgraph.services.limits import Attempts
from subgraph_kit.database import Database
from subgraph_kit.errors import TokenProblem
from subgraph_kit.ids import parse_id
from subgraph_kit.tokens import TokenVerifier


class TokenRejection(Enum):
    INVALID = "INVALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class CheckedToken:
    user: User
    role: UserRole
    """As the token says; the user's may have changed since."""
    scopes: tuple[str, ...]
    expires_at: float
    """Seconds since the epoch."""


class TokenCheckService:
    def __init__(self, database: Database, verifier: TokenVerifier, attempts: Attempts) -> None:
        self._database = database
        self._attempts = attempts
        self._verifier = verifier

    async def check(self, token: str, origin: Origin) -> CheckedToken | TokenRejection:
        """Raises RateLimitedError: too many checks from this address."""
        tries = limits.per_address("verify", origin.address, limits.TOKEN_CHECKS_PER_ADDRESS)
        await limits.count(self._attempts, tries)
        viewer = await self._verifier.verify(token)
        if viewer is TokenProblem.EXPIRED:
            return TokenRejection.EXPIRED
        if isinstance(viewer, TokenProblem):
            return TokenRejection.INVALID
        session_id = parse_id("sess", viewer.session_id)
        user_id = parse_id("user", viewer.user_id)
        if session_id is None or user_id is None or viewer.role not in UserRole.__members__:
            return TokenRejection.INVALID
        user = await reading.viewer(self._database, session_id, user_id)
        if user is None:
            return TokenRejection.REVOKED
        role = UserRole(viewer.role)
        scopes = tuple(scope for scope in SCOPES[UserRole.ADMIN] if scope in viewer.scopes)
        return CheckedToken(user, role, scopes, viewer.expires_at)
