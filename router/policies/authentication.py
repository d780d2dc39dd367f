"""Authentication: a bearer token to a viewer, or to the reason why there is none.

Signatures take over 100 µs to check, so verified tokens are remembered until they expire. What
may change while a token is remembered (time, the list of ended sessions) is looked at on every
request.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt

from router.cache.lru import LruCache
from router.policies.identity import Identity, TokenProblem, Viewer
from router.policies.jwks import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from router.policies.jwks import KeySet
    from router.policies.revocations import Revocations

_MAX_TOKENS = 20_000
_MAX_TOKENS_BYTES = 8 * 2**20
_MAX_TOKEN_BYTES = 8192


class _MalformedTokenError(Exception):
    """No key needs to be looked up to know that the token is bad."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer whose tokens are accepted.

    Attributes:
        issuer: Claim `iss`; None accepts any, for a single issuer that sends none.
        audience: Must be among the claim `aud`; None accepts any.
        token_type: Header `typ`; None accepts any.
        keys: The issuer's public keys.
        revocations: The issuer's feed of ended sessions; None: it has none.
    """

    issuer: str | None
    audience: str | None
    token_type: str | None
    keys: KeySet
    revocations: Revocations | None = None


class _Verified(NamedTuple):
    """What a token's signature has proved, with the keys of that moment."""

    viewer: Viewer
    identity: Identity
    issuer: Issuer
    keys_version: int


class Authentication:
    """Checks bearer tokens of several issuers."""

    __slots__ = ("_clock", "_issuers", "_leeway_s", "_verified")

    def __init__(
        self,
        issuers: Sequence[Issuer],
        *,
        leeway_s: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuers = tuple(issuers)
        self._leeway_s = leeway_s
        self._clock = clock
        self._verified: LruCache[bytes, _Verified] = LruCache(
            max_items=_MAX_TOKENS, max_weight=_MAX_TOKENS_BYTES
        )

    @property
    def issuers(self) -> tuple[Issuer, ...]:
        return self._issuers

    def known(self, authorization: bytes) -> Identity | None:
        """The identity of an `Authorization` header that was verified before, else None."""
        entry = self._verified.get(authorization)
        if entry is None or entry.keys_version != entry.issuer.keys.version:
            return None
        return self._judge(entry)

    async def identity(self, authorization: bytes) -> Identity:
        """The identity of an `Authorization` header."""
        scheme, _, rest = authorization.partition(b" ")
        token = rest.strip()
        if scheme.lower() != b"bearer" or not token or len(token) > _MAX_TOKEN_BYTES:
            return _refused("TOKEN_INVALID")
        issuer = self._issuer_of(token)
        if issuer is None:
            return _refused("TOKEN_INVALID")
        try:
            key_id = _key_id(issuer, token)
        except _MalformedTokenError:
            return _refused("TOKEN_INVALID")
        key = await issuer.keys.key(key_id)
        if key is None:
            return _refused("TOKEN_INVALID" if issuer.keys.is_loaded else "KEYS_UNAVAILABLE")
        version = issuer.keys.version
        viewer = self._verify(issuer, token, key)
        if not isinstance(viewer, Viewer):
            return _refused(viewer)
        entry = _Verified(viewer, Identity(viewer, None), issuer, version)
        self._verified.put(authorization, entry, len(authorization))
        return self._judge(entry)

    def _judge(self, entry: _Verified) -> Identity:
        """What may have changed since the signature was checked."""
        viewer, revocations = entry.viewer, entry.issuer.revocations
        if self._clock() > viewer.expires_at + self._leeway_s:
            return _refused("TOKEN_EXPIRED")
        if revocations is not None and revocations.has_ended(viewer.session_id, viewer.user_id):
            return _refused("SESSION_ENDED")
        return entry.identity

    def _issuer_of(self, token: bytes) -> Issuer | None:
        """The issuer that the token claims to be from; nothing is proved by that yet."""
        if len(self._issuers) == 1:
            return self._issuers[0]
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError:
            return None
        for issuer in self._issuers:
            if issuer.issuer is not None and claims.get("iss") == issuer.issuer:
                return issuer
        return None

    def _verify(self, issuer: Issuer, token: bytes, key: jwt.PyJWK) -> Viewer | TokenProblem:
        required = ["exp", "sub"]
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=issuer.issuer,
                audience=issuer.audience,
                leeway=self._leeway_s,
                options={
                    "require": required,
                    "verify_aud": issuer.audience is not None,
                    "verify_iss": issuer.issuer is not None,
                },
            )
        except jwt.ExpiredSignatureError:
            return "TOKEN_EXPIRED"
        # The others: claims of types that no issuer should send.
        except (jwt.PyJWTError, TypeError, ValueError, OverflowError):
            return "TOKEN_INVALID"
        return _viewer(claims)


def _key_id(issuer: Issuer, token: bytes) -> str | None:
    """The id of the key that the token says it is signed with; None if it names none.

    Raises:
        _MalformedTokenError: The header is not that of a token this issuer could have made.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _MalformedTokenError from error
    if issuer.token_type is not None and not _is_type(header.get("typ"), issuer.token_type):
        raise _MalformedTokenError
    if header.get("alg") not in ALGORITHMS:
        raise _MalformedTokenError
    key_id = header.get("kid")
    return key_id if isinstance(key_id, str) else None


def _viewer(claims: dict[str, Any]) -> Viewer | TokenProblem:
    scope = claims.get("scope", claims.get("scp", ""))
    scopes = scope.split() if isinstance(scope, str) else scope
    if not isinstance(scopes, list) or not all(isinstance(item, str) for item in scopes):
        return "TOKEN_INVALID"
    session_id, role = claims.get("sid", ""), claims.get("role", "")
    try:
        expires_at = float(claims["exp"])
    except OverflowError:
        return "TOKEN_INVALID"
    return Viewer(
        user_id=str(claims["sub"]),
        session_id=session_id if isinstance(session_id, str) else "",
        scopes=frozenset(scopes),
        role=role if isinstance(role, str) else "",
        expires_at=expires_at,
    )


def _is_type(given: object, wanted: str) -> bool:
    """RFC 7515: `typ` compares without case and without the prefix `application/`."""
    return isinstance(given, str) and given.lower().removeprefix("application/") == wanted.lower()


def _refused(problem: TokenProblem) -> Identity:
    return Identity(None, problem)
