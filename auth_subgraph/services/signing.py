"""Signing tokens and publishing the keys, with keys that may be rotated under our feet."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth_subgraph.domain.accounts import SCOPES, User
from auth_subgraph.domain.signing_keys import KeyRing, SigningKey
from auth_subgraph.persistence.key_file import (
    KeyFileError,
    new_signing_key,
    public_jwk,
    read_key_file,
    write_key_file,
)
from subgraph_kit.ids import format_id
from subgraph_kit.revocations import REVOCATIONS_TYPE
from subgraph_kit.tokens import ACCESS_TOKEN_TYPE, ALGORITHM, LEEWAY_S

log = structlog.get_logger()

ROTATION_LEAD_S = 600
"""How long a key is published before it signs: twice what verifiers may keep the keys."""

_REFRESH_S = 1.0


class Keys:
    """The keys of this process, read again when their file changes.

    Also what this service verifies its own tokens with (`VerificationKeys`).
    """

    def __init__(
        self, ring: KeyRing, path: Path | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._ring = ring
        self._path = path
        self._now = now
        self._changed_at = _changed_at(path)
        self._version = 0
        self._published: dict[str, dict[str, Any]] = {}
        self._verifying: dict[str, jwt.PyJWK] = {}
        self._publish(now())

    @property
    def version(self) -> int:
        self._refresh()
        return self._version

    def signing(self) -> SigningKey:
        self._refresh()
        return self._ring.signing(self._now())

    def published(self) -> list[dict[str, Any]]:
        """The public keys as JWKs."""
        self._refresh()
        return list(self._published.values())

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        self._refresh()
        return self._verifying.get(key_id)

    def cursor_secret(self) -> bytes:
        """What signs the cursors of lists: equal in all processes, known to none outside.

        Made from the oldest key. Once rotations have dropped that, processes that start refuse the
        cursors of those that run.
        """
        private_bytes = self._ring.keys[0].private_key.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        return blake2b(private_bytes, person=b"list cursors").digest()

    def _refresh(self) -> None:
        """Once a second: has the file changed, or the time of a key come or gone?"""
        now = self._now()
        if 0 <= now - self._refreshed_at < _REFRESH_S:
            return
        changed_at = _changed_at(self._path)
        if self._path is not None and changed_at != self._changed_at:
            self._changed_at = changed_at
            try:
                self._ring = read_key_file(self._path)
            except KeyFileError as error:
                log.warning("signing keys cannot be read; the old ones stay", reason=str(error))
            else:
                log.info("signing keys read again", keys=[key.id for key in self._ring.keys])
        self._publish(now)

    def _publish(self, now: float) -> None:
        self._refreshed_at = now
        keys = self._ring.published(now)
        if [key.id for key in keys] != list(self._published):
            self._published = {key.id: public_jwk(key) for key in keys}
            self._verifying = {key: jwt.PyJWK(jwk) for key, jwk in self._published.items()}
            self._version += 1


def _changed_at(path: Path | None) -> int | None:
    try:
        return path.stat().st_mtime_ns if path is not None else None
    except OSError:
        return None


def rotate_key_file(path: Path, *, access_token_ttl: timedelta, now: float) -> SigningKey:
    """Publish a key that signs after `ROTATION_LEAD_S`; returns it.

    Raises:
        KeyFileError: The file cannot be read or written.
    """
    ring = read_key_file(path).rotated(
        new_signing_key(),
        now=now,
        lead_s=ROTATION_LEAD_S,
        token_lifetime_s=access_token_ttl.total_seconds() + LEEWAY_S,
    )
    write_key_file(path, ring)
    return ring.keys[-1]


class TokenSigner:
    """Signs what others verify with the published keys."""

    def __init__(
        self, keys: Keys, *, issuer: str, audience: str, access_token_ttl: timedelta
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self.access_token_ttl = access_token_ttl

    def access_token(self, user: User, session_id: UUID, now: datetime) -> str:
        return self._sign(
            ACCESS_TOKEN_TYPE,
            {
                "sub": format_id("user", user.id),
                "sid": format_id("sess", session_id),
                "jti": uuid4().hex,
                "iat": int(now.timestamp()),
                "exp": int((now + self.access_token_ttl).timestamp()),
                "role": user.role.value,
                "scope": " ".join(SCOPES[user.role]),
            },
        )

    @property
    def key_id(self) -> str:
        """Of the key that signs now."""
        return self._keys.signing().id

    def revocations(self, sessions: dict[str, int], users: dict[str, int]) -> str:
        """The list of sessions and users whose tokens are refused, each with until when."""
        claims = {"iat": int(time.time()), "sessions": sessions, "users": users}
        return self._sign(REVOCATIONS_TYPE, claims)

    def _sign(self, token_type: str, claims: dict[str, object]) -> str:
        key = self._keys.signing()
        return jwt.encode(
            {"iss": self._issuer, "aud": self._audience, **claims},
            key.private_key,
            algorithm=ALGORITHM,
            headers={"typ": token_type, "kid": key.id},
        )
