from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from router.policies.authentication import Authentication, Issuer
from router.policies.identity import Identity
from router.policies.jwks import KeySet
from router.policies.revocations import Revocations
from tests.support.clock import Clock
from tests.support.token_issuer import (
    AUDIENCE,
    GARBAGE,
    ISSUER,
    JWKS_URL,
    REVOCATIONS_URL,
    TokenIssuer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass
class Checked:
    """A token issuer and what the router makes of its tokens."""

    issuer: TokenIssuer
    clock: Clock
    authentication: Authentication
    keys: KeySet
    revocations: Revocations

    async def of(self, token: str) -> Identity:
        header = f"Bearer {token}".encode()
        return self.authentication.known(header) or await self.authentication.identity(header)


@pytest.fixture
async def checked() -> AsyncIterator[Checked]:
    issuer, clock = TokenIssuer(), Clock(time.time())
    async with issuer.client() as client:
        keys = KeySet(JWKS_URL, client, clock)
        revocations = Revocations(
            REVOCATIONS_URL, client, keys, issuer=ISSUER, audience=AUDIENCE, clock=clock
        )
        trusted = Issuer(ISSUER, AUDIENCE, "at+jwt", keys, revocations)
        authentication = Authentication([trusted], clock=clock)
        yield Checked(issuer, clock, authentication, keys, revocations)


async def test_a_good_token_names_its_viewer(checked: Checked) -> None:
    identity = await checked.of(checked.issuer.token("user_1", scopes="account tasks:read"))
    assert identity.problem is None
    assert identity.viewer is not None
    assert identity.viewer.user_id == "user_1"
    assert identity.viewer.scopes == {"account", "tasks:read"}
    assert identity.viewer.role == "USER"


async def test_a_token_is_verified_once(checked: Checked) -> None:
    token = checked.issuer.token("user_1")
    first = await checked.of(token)
    checked.issuer.is_up = False
    assert checked.authentication.known(f"Bearer {token}".encode()) == first


async def test_a_remembered_token_expires_after_the_leeway(checked: Checked) -> None:
    token = checked.issuer.token("user_1", exp=int(checked.clock.now) + 60)
    assert (await checked.of(token)).viewer is not None
    checked.clock.now += 89
    assert (await checked.of(token)).viewer is not None
    checked.clock.now += 2
    assert await checked.of(token) == Identity(None, "TOKEN_EXPIRED")


async def test_an_expired_token_is_told_from_a_bad_one(checked: Checked) -> None:
    token = checked.issuer.token("user_1", exp=int(time.time()) - 60)
    assert await checked.of(token) == Identity(None, "TOKEN_EXPIRED")


async def test_an_ended_session_is_refused_at_once(checked: Checked) -> None:
    token = checked.issuer.token("user_1", sid="sess_9")
    assert (await checked.of(token)).viewer is not None
    checked.issuer.end_sessions(["sess_9"])
    await checked.revocations.poll()
    assert await checked.of(token) == Identity(None, "SESSION_ENDED")


async def test_the_last_list_counts_while_the_issuer_is_away(checked: Checked) -> None:
    token = checked.issuer.token("user_1", sid="sess_9")
    await checked.of(token)
    checked.issuer.end_sessions(["sess_9"])
    await checked.revocations.poll()
    checked.issuer.is_up = False
    await checked.revocations.poll()
    assert (await checked.of(token)).problem == "SESSION_ENDED"


async def test_a_clock_that_is_ahead_lets_no_ended_session_in(checked: Checked) -> None:
    token = checked.issuer.token("user_1", sid="sess_9", exp=int(time.time()) + 5000)
    await checked.of(token)
    checked.issuer.end_sessions(["sess_9"])
    await checked.revocations.poll()
    checked.clock.now += 1000
    assert (await checked.of(token)).problem == "SESSION_ENDED"


async def test_without_any_keys_nothing_is_said_about_the_token(checked: Checked) -> None:
    checked.issuer.is_up = False
    identity = await checked.of(checked.issuer.token("user_1"))
    assert identity == Identity(None, "KEYS_UNAVAILABLE")


async def test_a_new_key_is_found_without_a_restart(checked: Checked) -> None:
    await checked.of(checked.issuer.token("user_1"))
    rotated = TokenIssuer(key_id="key-2")
    checked.issuer.__dict__.update(rotated.__dict__)
    token = rotated.token("user_1")
    assert (await checked.of(token)).problem == "TOKEN_INVALID"  # looked a moment ago
    checked.clock.now += 5
    assert (await checked.of(token)).viewer is not None


async def test_an_outage_of_the_issuer_keeps_its_keys(checked: Checked) -> None:
    await checked.of(checked.issuer.token("user_1"))
    checked.issuer.is_up = False
    assert not await checked.keys.refresh()
    assert (await checked.of(checked.issuer.token("user_2"))).viewer is not None


@pytest.mark.parametrize("answer", GARBAGE)
async def test_an_answer_that_is_no_set_of_keys_changes_nothing(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    await checked.of(checked.issuer.token("user_1"))
    monkeypatch.setattr(checked.issuer, "publish", lambda _: answer)
    assert not await checked.keys.refresh()
    await checked.revocations.poll()
    assert (await checked.of(checked.issuer.token("user_2"))).viewer is not None


async def test_a_withdrawn_key_ends_what_it_has_signed(checked: Checked) -> None:
    token = checked.issuer.token("user_1")
    assert (await checked.of(token)).viewer is not None
    checked.issuer.__dict__.update(TokenIssuer(key_id="key-2").__dict__)
    await checked.keys.refresh()
    assert (await checked.of(token)).problem == "TOKEN_INVALID"


async def test_a_key_that_comes_along_changes_nothing_for_known_tokens(checked: Checked) -> None:
    token = checked.issuer.token("user_1")
    assert (await checked.of(token)).viewer is not None
    await checked.keys.refresh()
    assert checked.authentication.known(f"Bearer {token}".encode()) is not None


async def test_each_list_is_taken_wherever_the_clock_of_the_issuer_is(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for number, ahead_s in enumerate((0, 3600, -3600)):
        told = now + ahead_s
        monkeypatch.setattr("tests.support.token_issuer.time.time", lambda told=told: told)
        checked.issuer.end_sessions([f"sess_{number}"])
        await checked.revocations.poll()
        assert checked.revocations.has_ended(f"sess_{number}", "user_1")


@pytest.mark.parametrize(
    "claims",
    [
        {"sessions": ["sess_2"]},
        {"sessions": None},
        {"sessions": "sess_2"},
        {"users": ["user_1"]},
        {"users": 1},
        {"iss": "http://other.test"},
        {"aud": {}},
    ],
)
async def test_a_list_of_another_form_leaves_the_last_one_in_force(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, claims: dict[str, object]
) -> None:
    checked.issuer.end_sessions(["sess_1"])
    await checked.revocations.poll()
    sign = checked.issuer._sign
    monkeypatch.setattr(
        checked.issuer, "_sign", lambda kind, given: sign(kind, {**given, **claims})
    )
    checked.issuer.end_sessions(["sess_2"])
    await checked.revocations.poll()
    assert checked.revocations.has_ended("sess_1", "user_1")
    assert not checked.revocations.has_ended("sess_2", "user_1")
    monkeypatch.undo()
    await checked.revocations.poll()
    assert checked.revocations.has_ended("sess_2", "user_1")


async def drops() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.001)


async def test_an_answer_of_the_issuer_that_never_ends_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of its drops comes in time."""
    monkeypatch.setattr("router.policies.jwks._REQUEST_TIMEOUT_S", 0.02)
    monkeypatch.setattr("router.policies.revocations._REQUEST_TIMEOUT_S", 0.02)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=drops()))
    async with httpx.AsyncClient(transport=transport) as client, asyncio.timeout(5):
        keys = KeySet(JWKS_URL, client, time.monotonic)
        assert not await keys.refresh()
        assert await keys.key("key-1") is None
        revocations = Revocations(REVOCATIONS_URL, client, keys, issuer=ISSUER, audience=AUDIENCE)
        await revocations.poll()
        assert not revocations.has_ended("sess_1", "user_1")
        assert revocations.age_s() >= 0.02


def part(value: dict[str, object]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def forged_with_public_key(token: str, public_key: bytes) -> str:
    """HS256 with the public key as the secret."""
    header = part({"alg": "HS256", "typ": "at+jwt", "kid": "key-1"})
    signed = header + b"." + token.encode().split(b".")[1]
    signature = base64.urlsafe_b64encode(hmac.digest(public_key, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + signature).decode()


OWN_KEY: dict[str, object] = {
    "alg": "ES256",
    "typ": "at+jwt",
    "kid": "key-1",
    "jku": "http://evil.test",
}


def nested(depth: int) -> str:
    return base64.urlsafe_b64encode(b"[" * depth + b"]" * depth).rstrip(b"=").decode()


async def test_forged_tokens_are_invalid(checked: Checked) -> None:
    issuer = checked.issuer
    good = issuer.token("user_1")
    header, payload, signature = good.split(".")
    await checked.of(good)
    key = await checked.keys.key("key-1")
    assert key is not None
    public_key = key.key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forged = {
        "nonsense": "nonsense",
        "no algorithm": f"{part({'alg': 'none', 'typ': 'at+jwt'}).decode()}.{payload}.",
        "another key": TokenIssuer().token("user_1"),
        "another audience": issuer.token("user_1", aud="other"),
        "another issuer": issuer.token("user_1", iss="http://evil.test"),
        "public key as secret": forged_with_public_key(good, public_key),
        "another type": jwt.encode({"sub": "user_1"}, "x" * 32, headers={"typ": "JWT"}),
        "changed claims": f"{header}.{part({'sub': 'user_2', 'exp': 9**12}).decode()}.{signature}",
        "cut off": good[:-10],
        "no subject": issuer.token(None),  # type: ignore[arg-type]
        "scopes of a wrong type": issuer.token("user_1", scope={"a": 1}),
        "not valid yet": issuer.token("user_1", nbf=int(time.time()) + 3600),
        "too long": "a" * 9000,
        "nested header": f"{nested(3000)}.{payload}.{signature}",
        "nested claims": f"{header}.{nested(2500)}.{signature}",
        "a huge number": f"{header}.{part({'exp': 10**4000}).decode()}.{signature}",
        "an end beyond all time": issuer.token("user_1", exp=10**400),
        "a key of its own": f"{part(OWN_KEY).decode()}.{payload}.{signature}",
        "a key id that is no text": f"{part({**OWN_KEY, 'kid': ['key-1']}).decode()}.{payload}.x",
        "critical extension": f"{part({**OWN_KEY, 'crit': ['b64']}).decode()}.{payload}.x",
        "empty": "",
    }
    problems = {name: (await checked.of(token)).problem for name, token in forged.items()}
    assert problems == dict.fromkeys(forged, "TOKEN_INVALID")


@pytest.mark.parametrize("header", [b"", b"Bearer", b"Basic abc", b"bearer\tx", b"\xff\xfe"])
async def test_any_other_header_is_an_invalid_token(checked: Checked, header: bytes) -> None:
    assert await checked.authentication.identity(header) == Identity(None, "TOKEN_INVALID")


async def test_the_scheme_is_compared_without_case(checked: Checked) -> None:
    token = checked.issuer.token("user_1")
    identity = await checked.authentication.identity(f"BEARER  {token}".encode())
    assert identity.viewer is not None


async def test_tokens_of_several_issuers_are_told_apart() -> None:
    ours, theirs = TokenIssuer("ours"), TokenIssuer("theirs")
    async with ours.client() as our_client, theirs.client() as their_client:
        authentication = Authentication(
            [
                Issuer(ISSUER, AUDIENCE, None, KeySet(JWKS_URL, our_client, time.monotonic)),
                Issuer("http://b.test", None, None, KeySet(JWKS_URL, their_client, time.monotonic)),
            ]
        )

        async def viewer_of(token: str) -> bool:
            return (await authentication.identity(f"Bearer {token}".encode())).viewer is not None

        assert await viewer_of(ours.token("user_1"))
        assert await viewer_of(theirs.token("user_1", iss="http://b.test"))
        assert not await viewer_of(ours.token("user_1", iss="http://b.test"))
        assert not await viewer_of(theirs.token("user_1"))


async def test_a_feed_signed_by_somebody_else_changes_nothing() -> None:
    issuer, stranger = TokenIssuer(), TokenIssuer()
    stranger.end_sessions(["sess_1"])

    async def answer(request: httpx.Request) -> httpx.Response:
        source = stranger if str(request.url) == REVOCATIONS_URL else issuer
        async with source.client() as client:
            return await client.get(request.url)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        keys = KeySet(JWKS_URL, client, time.monotonic)
        revocations = Revocations(REVOCATIONS_URL, client, keys, issuer=ISSUER, audience=AUDIENCE)
        await revocations.poll()
        assert not revocations.has_ended("sess_1", "user_1")
