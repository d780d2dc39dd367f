"""Signing keys: files, publication, rotation with overlap."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth_subgraph.domain.signing_keys import KeyRing, SigningKey, ring_of
from auth_subgraph.persistence.key_file import (
    KeyFileError,
    new_signing_key,
    read_key_file,
    write_key_file,
)
from auth_subgraph.services.signing import ROTATION_LEAD_S, Keys, rotate_key_file
from subgraph_kit.tokens import LEEWAY_S
from tests.auth_subgraph.conftest import StartAuth
from tests.auth_subgraph.graph import AuthGraph
from tests.support.clock import Clock


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


async def test_published_keys_hold_no_secret_and_may_be_kept_five_minutes(
    auth: AuthGraph,
) -> None:
    response = await auth.http.get("/.well-known/jwks.json")
    assert response.headers["cache-control"] == "public, max-age=300"
    (key,) = response.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["alg"], key["crv"]) == ("ES256", "P-256")


def test_a_pem_key_has_the_same_id_wherever_it_is_read(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem, jwks = tmp_path / "key.pem", tmp_path / "key.json"
    pem.write_bytes(_pem(key))
    ring = read_key_file(pem)
    write_key_file(jwks, ring)
    assert read_key_file(jwks).keys[0].id == ring.keys[0].id
    assert stat.S_IMODE(jwks.stat().st_mode) == 0o600
    jwks.chmod(0o644)  # for a container that reads it as another user
    write_key_file(jwks, ring)
    assert stat.S_IMODE(jwks.stat().st_mode) == 0o644


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b'{"keys": []}', b'{"keys": [{}]}'])
def test_a_useless_key_file_is_named_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=f"^{path}: neither a PEM private key"):
        read_key_file(path)
    with pytest.raises(KeyFileError, match="No such file"):
        read_key_file(tmp_path / "missing")


def test_keys_of_other_kinds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    for key in (
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ):
        path.write_bytes(_pem(key))
        with pytest.raises(KeyFileError):
            read_key_file(path)


async def test_a_rotation_overlaps(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.json", Clock(1_000_000)
    write_key_file(path, ring_of([new_signing_key()]))
    keys = Keys(read_key_file(path), path, now=clock)
    old = keys.signing().id
    assert [key["kid"] for key in keys.published()] == [old]
    version = keys.version

    new = rotate_key_file(path, access_token_ttl=timedelta(minutes=15), now=clock.now).id
    clock.now += 2  # read again without a restart
    assert [key["kid"] for key in keys.published()] == [old, new]
    assert keys.version > version
    assert keys.signing().id == old
    clock.now = 1_000_000 + ROTATION_LEAD_S
    assert keys.signing().id == new
    assert await keys.find(old) is not None
    clock.now += 15 * 60 + LEEWAY_S - 1
    assert await keys.find(old) is not None
    clock.now += 2
    assert await keys.find(old) is None
    assert await keys.find(new) is not None


def test_a_second_rotation_drops_what_nobody_needs() -> None:
    def key(name: str) -> SigningKey:
        return SigningKey(name, new_signing_key().private_key)

    lead = {"lead_s": 600.0, "token_lifetime_s": 930.0}
    ring = KeyRing((key("a"),)).rotated(key("b"), now=0.0, **lead)
    early = ring.rotated(key("c"), now=100.0, **lead)
    assert [k.id for k in early.keys] == ["a", "b", "c"]
    late = ring.rotated(key("c"), now=2000.0, **lead)
    assert [k.id for k in late.keys] == ["b", "c"]
    assert late.signing(2000.0).id == "b"


async def test_a_broken_key_file_leaves_the_old_keys_in_force(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.json", Clock(1_000_000)
    write_key_file(path, ring_of([new_signing_key()]))
    keys = Keys(read_key_file(path), path, now=clock)
    old = keys.signing().id
    path.write_text("half a fi")
    clock.now += 2
    assert keys.signing().id == old


async def test_tokens_of_before_a_rotation_stay_good(
    auth: AuthGraph, start_auth: StartAuth
) -> None:
    alice = await auth.register("alice")
    path = auth.settings.jwt_private_key_file
    assert path is not None
    ring = json.loads(path.read_text())
    write_key_file(path, read_key_file(path).rotated(
        new_signing_key(), now=0, lead_s=1, token_lifetime_s=4e9
    ))  # fmt: skip
    async with start_auth() as restarted:
        assert len((await restarted.http.get("/.well-known/jwks.json")).json()["keys"]) == 2
        again = await restarted.log_in("alice")
        assert await restarted.me_reason(alice.token) is None
        assert await restarted.me_reason(again.token) is None
    assert ring["keys"][0]["kid"] in path.read_text()


def test_openssl_keys_are_read(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
    )
    assert b"BEGIN EC PRIVATE KEY" in path.read_bytes()
    assert len(read_key_file(path).keys) == 1
