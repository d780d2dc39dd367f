"""Access tokens that nobody issued: expired, forged, for somebody else."""

import base64
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from devstack.stack import Stack


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def resigned(stack: Stack, token: str, **claims: Any) -> str:
    """The token with other claims, signed with the stack's own key."""
    key = load_pem_private_key(_key_file(stack).read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return jwt.encode(
        {**claims_of(token), **claims}, key, algorithm="ES256", headers=_headers(token)
    )


def expired(stack: Stack, token: str) -> str:
    now = int(time.time())
    return resigned(stack, token, iat=now - 960, exp=now - 60)


def forgeries(stack: Stack, token: str) -> dict[str, str]:
    """Tokens that must be refused, by what is wrong with them."""
    claims, headers = claims_of(token), _headers(token)
    own_key = load_pem_private_key(_key_file(stack).read_bytes(), password=None)
    public = own_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger = ec.generate_private_key(ec.SECP256R1())
    unsigned = _unsigned({**headers, "alg": "none"}, claims)
    symmetric = _unsigned({**headers, "alg": "HS256"}, claims)
    mac = hmac.digest(public, symmetric.encode(), "sha256")
    return {
        "nonsense": "nonsense",
        "no signature": f"{unsigned}.",
        "another key": jwt.encode(claims, stranger, algorithm="ES256", headers=headers),
        "another audience": resigned(stack, token, aud="another-api"),
        "another issuer": resigned(stack, token, iss="http://elsewhere.example"),
        "public key as secret": f"{symmetric}.{_base64url(mac)}",
    }


def _unsigned(headers: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_base64url(json.dumps(part).encode()) for part in (headers, claims))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _headers(token: str) -> dict[str, Any]:
    headers = jwt.get_unverified_header(token)
    return {name: headers[name] for name in ("typ", "kid")}


def _key_file(stack: Stack) -> Path:
    return stack.data_dir / "secrets" / "jwt-private-key.pem"
