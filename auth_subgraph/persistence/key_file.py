"""The file of signing keys: one PEM key, or a JWK set that remembers the times of a rotation.

In the set, `nbf` of a key says from when it signs and `exp` until when it is published, both in
seconds since the epoch.
"""

import json
import os
import stat
import tempfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm
from jwt.exceptions import InvalidKeyError

from auth_subgraph.domain.signing_keys import KeyRing, SigningKey, ring_of


class KeyFileError(Exception):
    """The file cannot be used; says which and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


def new_signing_key() -> SigningKey:
    return _identified(ec.generate_private_key(ec.SECP256R1()))


def read_key_file(path: Path) -> KeyRing:
    """Read a PEM key or a JWK set.

    Raises:
        KeyFileError: It is neither, or holds a key of another curve, or cannot be read.
    """
    try:
        content = path.read_bytes()
        if content.lstrip().startswith(b"{"):
            return ring_of(_from_jwk(jwk) for jwk in json.loads(content)["keys"])
        return ring_of([_identified(_p256(load_pem_private_key(content, password=None)))])
    except (OSError, ValueError, TypeError, KeyError, InvalidKeyError) as error:
        raise KeyFileError(path, _reason(error)) from error


def write_key_file(path: Path, ring: KeyRing) -> None:
    """Replace the file as a whole, with the rights it had; a new one is its owner's alone.

    A container reads the file as another user than the one who rotates the key on the host.

    Raises:
        KeyFileError: The folder cannot be written.
    """
    content = json.dumps({"keys": [_to_jwk(key) for key in ring.keys]}, indent=2) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w") as file:  # mkstemp makes it 0600
            file.write(content)
            if path.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - a rename, atomic
    except OSError as error:
        raise KeyFileError(path, _reason(error)) from error


def public_jwk(key: SigningKey) -> dict[str, Any]:
    """What verifiers get to see of a key."""
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key.private_key.public_key(), as_dict=True)
    return {**jwk, "kid": key.id, "use": "sig", "alg": "ES256"}


def _to_jwk(key: SigningKey) -> dict[str, Any]:
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key.private_key, as_dict=True)
    jwk |= {"kid": key.id, "use": "sig", "alg": "ES256"}
    if key.signs_from is not None:
        jwk["nbf"] = int(key.signs_from)
    if key.published_until is not None:
        jwk["exp"] = int(key.published_until)
    return jwk


def _from_jwk(jwk: dict[str, Any]) -> SigningKey:
    private_key = _p256(ECAlgorithm(ECAlgorithm.SHA256).from_jwk(jwk))
    return SigningKey(
        id=jwk.get("kid") or _thumbprint(private_key),
        private_key=private_key,
        signs_from=jwk.get("nbf"),
        published_until=jwk.get("exp"),
    )


def _identified(private_key: ec.EllipticCurvePrivateKey) -> SigningKey:
    return SigningKey(id=_thumbprint(private_key), private_key=private_key)


def _p256(key: object) -> ec.EllipticCurvePrivateKey:
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError("not a private key on the curve P-256")
    return key


def _thumbprint(private_key: ec.EllipticCurvePrivateKey) -> str:
    """Source: RFC 7638."""
    jwk = ECAlgorithm.to_jwk(private_key.public_key(), as_dict=True)
    required = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    digest = sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _reason(error: Exception) -> str:
    """Without the content of the file, which some errors quote."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "neither a PEM private key on the curve P-256 nor a JWK set of such keys"
