"""Access tokens: who is calling, decided from a signature without asking anybody.

A token is a JWT of auth (`typ: at+jwt`, ES256). It is good when its signature is made by a key that
auth publishes, issuer and audience are ours, and it has not expired (30 s are granted to clocks).
A good token's viewer is remembered until the token expires, so the signature of a busy client is
checked once. When the set of keys changes everything remembered is forgotten: a key
that auth withdrew must stop working at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from subgraph_kit.errors import TokenProblem

ALGORITHM = "ES256"
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type, no secret
LEEWAY_S = 30
_MAX_TOKEN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Viewer:
    """The authenticated caller, as the access token describes it."""

    user_id: str
    session_id: str
    role: str
    scopes: frozenset[str]
    expires_at: float
    """Seconds since the epoch."""


class VerificationKeys(Protocol):
    """The public keys that auth signs with now, or did until lately."""

    @property
    def version(self) -> int:
        """Grows whenever the set of keys changes."""
        ...

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key with this id; None when auth knows no such key.

        Raises:
            UnavailableError: It cannot be known, since no keys could be fetched yet.
        """
        ...


class RevocationList(Protocol):
    def covers(self, viewer: Viewer) -> bool:
        """Whether the viewer's session was ended, or the account suspended or deleted."""
        ...


class TokenVerifier:
    """Turns an access token into a viewer, or says why it cannot."""

    def __init__(
        self,
        keys: VerificationKeys,
        *,
        issuer: str,
        audience: str,
        cache_size: int = 10_000,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._cache_size = cache_size
        self._now = now
        self._cache: OrderedDict[str, Viewer] = OrderedDict()
        self._cache_version = keys.version

    async def verify(self, token: str) -> Viewer | TokenProblem:
        """Check signature, issuer, audience, type and expiry; revocation is checked elsewhere."""
        if self._cache_version != self._keys.version:
            self._cache.clear()
            self._cache_version = self._keys.version
        viewer = self._cache.get(token)
        if viewer is None:
            outcome = await self._verify_signature(token)
            if isinstance(outcome, TokenProblem):
                return outcome
            viewer = self._remember(token, outcome)
        if self._now() > viewer.expires_at + LEEWAY_S:
            self._cache.pop(token, None)
            return TokenProblem.EXPIRED
        return viewer

    def _remember(self, token: str, viewer: Viewer) -> Viewer:
        self._cache[token] = viewer
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return viewer

    async def _verify_signature(self, token: str) -> Viewer | TokenProblem:
        claims = await read_signed(
            token, self._keys, token_type=ACCESS_TOKEN_TYPE, issuer=self._issuer,
            audience=self._audience,
        )  # fmt: skip
        if claims is None:
            return TokenProblem.INVALID
        match claims:
            case {
                "sub": str(user_id),
                "sid": str(session_id),
                "role": str(role),
                "scope": str(scope),
                "exp": int(expires_at),
                "iat": int(issued_at),
            } if issued_at <= self._now() + LEEWAY_S:
                return Viewer(user_id, session_id, role, frozenset(scope.split()), expires_at)
        return TokenProblem.INVALID


async def read_signed(
    token: str, keys: VerificationKeys, *, token_type: str, issuer: str, audience: str
) -> dict[str, Any] | None:
    """The claims of a JWT that auth signed for us; None when it is anything else.

    Times are left to the caller: an expired token must be told from a forged one.
    """
    if len(token) > _MAX_TOKEN_BYTES and token_type == ACCESS_TOKEN_TYPE:
        return None
    try:
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            return None
        if str(header.get("typ")).lower().removeprefix("application/") != token_type:
            return None
        key = await keys.find(key_id)
        if key is None:
            return None
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            options={
                "require": ["iss", "aud", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, ValueError):
        return None
    return claims


class Authenticator:
    """What an `Authorization` header says about the caller."""

    def __init__(self, verifier: TokenVerifier, revocations: RevocationList | None = None) -> None:
        self._verifier = verifier
        self._revocations = revocations

    async def identify(self, authorization: str | None) -> Viewer | TokenProblem:
        """The viewer, or why there is none.

        Args:
            authorization: The header's value; None when it was not sent.

        Raises:
            UnavailableError: Auth has not been reachable since this process started, so that no
                key is there to judge by.
        """
        if authorization is None or not authorization.strip():
            return TokenProblem.MISSING
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token:
            return TokenProblem.INVALID
        outcome = await self._verifier.verify(token.strip())
        if (
            isinstance(outcome, Viewer)
            and self._revocations is not None
            and self._revocations.covers(outcome)
        ):
            return TokenProblem.SESSION_ENDED
        return outcome
