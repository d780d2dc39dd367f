"""A token issuer of the benchmark's own: one key, a token for each user."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

ISSUER = "https://issuer.example"
AUDIENCE = "benchmark"
_KEY_ID = "benchmark"
_LIFETIME_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class Identity:
    """What a router needs to check tokens, and tokens that pass."""

    jwks: str
    tokens: tuple[str, ...]

    @property
    def token(self) -> str:
        return self.tokens[0]


def make_identity(users: int = 1) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    jwks = {"keys": [{**public, "kid": _KEY_ID, "alg": "ES256", "use": "sig"}]}
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "jti": "1",
        "iat": now,
        "exp": now + _LIFETIME_S,
        "role": "USER",
        "scope": "account tasks:read tasks:write",
    }
    headers = {"kid": _KEY_ID, "typ": "at+jwt"}
    tokens = (
        jwt.encode(
            {**claims, "sub": f"user_{number}", "sid": f"sess_{number}"},
            key,
            "ES256",
            headers=headers,
        )
        for number in range(1, users + 1)
    )
    return Identity(json.dumps(jwks), tuple(tokens))
