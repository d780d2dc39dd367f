"""Somebody who issues access tokens, as auth does, without a process of its own."""

import json
import time
from collections.abc import Iterable
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER = "http://issuer.test"
AUDIENCE = "tasks-api"
JWKS_URL = f"{ISSUER}/.well-known/jwks.json"
REVOCATIONS_URL = f"{ISSUER}/revocations"
USER_SCOPES = "account tasks:read tasks:write"

GARBAGE = [
    b"",
    b"<html>",
    b"null",
    b"[" * 100_000,
    b"[" * 3_000 + b".e30.AA",
    b'{"keys": []}',
    b'{"keys": 1}',
    b'{"keys": [null]}',
    b'{"keys": [{"kty": "oct", "alg": {}}]}',
    b'{"keys": [{"kty": "EC", "kid": ["key-1"]}]}',
    b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "alg": "none"}]}',
]
"""What stands at an address where a set of keys, or the feed, should."""


class TokenIssuer:
    """Signs tokens and the revocation feed; `client()` reaches it as if over HTTP."""

    def __init__(self, key_id: str = "key-1") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._key_id = key_id
        self._ended_sessions: dict[str, int] = {}
        self.is_up = True

    def token(self, user_id: str, *, scopes: str = USER_SCOPES, **claims: Any) -> str:
        now = int(time.time())
        return self._sign(
            "at+jwt",
            {"sub": user_id, "sid": "sess_1", "jti": "1", "iat": now, "exp": now + 900,
             "role": "USER", "scope": scopes, **claims},
        )  # fmt: skip

    def end_sessions(self, session_ids: Iterable[str]) -> None:
        self._ended_sessions.update(dict.fromkeys(session_ids, int(time.time()) + 900))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self.is_up:
            raise httpx.ConnectError("auth is down", request=request)
        return httpx.Response(200, content=self.publish(str(request.url)))

    def publish(self, url: str) -> bytes:
        """What auth publishes at this address of its own."""
        if url == JWKS_URL:
            key = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
            published = {**key, "kid": self._key_id, "alg": "ES256", "use": "sig"}
            return json.dumps({"keys": [published]}).encode()
        assert url == REVOCATIONS_URL
        claims = {"iat": int(time.time()), "sessions": self._ended_sessions, "users": {}}
        return self._sign("revocations+jwt", claims).encode()

    def _sign(self, token_type: str, claims: dict[str, Any]) -> str:
        return jwt.encode(
            {"iss": ISSUER, "aud": AUDIENCE, **claims},
            self._key,
            algorithm="ES256",
            headers={"typ": token_type, "kid": self._key_id},
        )
