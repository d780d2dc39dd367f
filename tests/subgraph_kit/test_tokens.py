"""Access tokens: verified once, remembered, judged with keys that come and go."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest

from subgraph_kit.errors import TokenProblem, UnavailableError
from subgraph_kit.remote_keys import RemoteKeys
from subgraph_kit.revocations import RevocationFollower, Revocations
from subgraph_kit.tokens import Authenticator, TokenVerifier, Viewer
from tests.support.clock import Clock
from tests.support.token_issuer import (
    AUDIENCE,
    GARBAGE,
    ISSUER,
    JWKS_URL,
    REVOCATIONS_URL,
    TokenIssuer,
)


class CountedKeys:
    """Counts how often a key is looked up, which is once for each signature checked."""

    def __init__(self, keys: RemoteKeys) -> None:
        self._keys = keys
        self.lookups = 0

    @property
    def version(self) -> int:
        return self._keys.version

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        self.lookups += 1
        return await self._keys.find(key_id)


@pytest.fixture
def issuer() -> TokenIssuer:
    return TokenIssuer()


def _verifier(keys: CountedKeys | RemoteKeys, now: Clock | None = None) -> TokenVerifier:
    return TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE, now=now or time.time)


async def test_a_signature_is_checked_once(issuer: TokenIssuer) -> None:
    keys = CountedKeys(RemoteKeys(JWKS_URL, issuer.client()))
    verifier = _verifier(keys)
    token = issuer.token("user_1", scopes="a b")
    first, second = await verifier.verify(token), await verifier.verify(token)
    assert isinstance(first, Viewer)
    assert first is second
    assert (first.user_id, first.session_id, first.role) == ("user_1", "sess_1", "USER")
    assert first.scopes == {"a", "b"}
    assert keys.lookups == 1


async def test_a_remembered_token_expires(issuer: TokenIssuer) -> None:
    clock = Clock(time.time())
    verifier = _verifier(RemoteKeys(JWKS_URL, issuer.client()), clock)
    token = issuer.token("user_1", exp=int(clock.now) + 60)
    assert isinstance(await verifier.verify(token), Viewer)
    clock.now += 85
    assert isinstance(await verifier.verify(token), Viewer)  # 30 s are granted to clocks
    clock.now += 10
    assert await verifier.verify(token) is TokenProblem.EXPIRED
    assert await verifier.verify(token) is TokenProblem.EXPIRED


async def test_keys_that_come_in_drops_are_given_up() -> None:
    """Each drop comes in time; the answer never ends."""

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.001)

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=drops()))
    async with httpx.AsyncClient(transport=transport) as client, asyncio.timeout(5):
        keys = RemoteKeys(JWKS_URL, client, timeout_s=0.02)
        with pytest.raises(UnavailableError):
            await keys.find("key-1")


async def test_what_is_remembered_is_bounded(issuer: TokenIssuer) -> None:
    keys = CountedKeys(RemoteKeys(JWKS_URL, issuer.client()))
    verifier = TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE, cache_size=2)
    tokens = [issuer.token(f"user_{number}") for number in range(3)]
    for token in (*tokens, tokens[2], tokens[1], tokens[0]):
        assert isinstance(await verifier.verify(token), Viewer)
    assert keys.lookups == 4  # the oldest was forgotten


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://elsewhere"},
        {"aud": "other"},
        {"sub": None},
        {"sub": 7},
        {"sid": None},
        {"role": None},
        {"scope": ["a"]},
        {"exp": "soon"},
        {"iat": None},
        {"iat": 2**40},
    ],
)
async def test_claims_that_are_not_ours_are_invalid(
    issuer: TokenIssuer, claims: dict[str, Any]
) -> None:
    verifier = _verifier(RemoteKeys(JWKS_URL, issuer.client()))
    assert await verifier.verify(issuer.token("user_1", **claims)) is TokenProblem.INVALID


async def test_keys_outlive_auth(issuer: TokenIssuer) -> None:
    clock = Clock(0)
    keys = RemoteKeys(JWKS_URL, issuer.client(), ttl_s=300, now=clock)
    assert await keys.find("key-1") is not None
    issuer.is_up = False
    clock.now = 100_000
    assert await keys.find("key-1") is not None
    assert await keys.find("unknown") is None


@pytest.mark.parametrize("answer", GARBAGE)
async def test_an_answer_that_is_no_set_of_keys_changes_nothing(
    issuer: TokenIssuer, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    clock, revocations = Clock(0), Revocations()
    client = issuer.client()
    keys = RemoteKeys(JWKS_URL, client, ttl_s=300, now=clock)
    follower = RevocationFollower(
        REVOCATIONS_URL, client, keys, revocations, issuer=ISSUER, audience=AUDIENCE
    )
    issuer.end_sessions(["sess_1"])
    await follower.poll()
    monkeypatch.setattr(issuer, "publish", lambda _: answer)
    clock.now = 1000
    assert await keys.find("key-1") is not None
    await follower.poll()
    assert revocations.covers(Viewer("user_1", "sess_1", "USER", frozenset(), 0))


async def test_a_process_that_never_saw_keys_does_not_judge(issuer: TokenIssuer) -> None:
    clock = Clock(0)
    keys = RemoteKeys(JWKS_URL, issuer.client(), now=clock)
    authenticator = Authenticator(_verifier(keys))
    issuer.is_up = False
    with pytest.raises(UnavailableError):
        await authenticator.identify(f"Bearer {issuer.token('user_1')}")
    assert await authenticator.identify(None) is TokenProblem.MISSING
    issuer.is_up = True
    clock.now += 1
    assert isinstance(await authenticator.identify(f"Bearer {issuer.token('user_1')}"), Viewer)


async def test_made_up_key_ids_do_not_make_us_ask_auth_each_time(issuer: TokenIssuer) -> None:
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return issuer._answer(request)

    clock = Clock(0)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        keys = RemoteKeys(JWKS_URL, client, now=clock)
        for number in range(100):
            assert await keys.find(f"made up {number}") is None
        assert asked == 1
        clock.now += 5
        await keys.find("made up")
        assert asked == 2


async def test_a_withdrawn_key_ends_what_was_remembered(issuer: TokenIssuer) -> None:
    clock = Clock(0)
    published = issuer
    transport = httpx.MockTransport(lambda request: published._answer(request))  # noqa: PLW0108
    async with httpx.AsyncClient(transport=transport) as client:
        keys = RemoteKeys(JWKS_URL, client, ttl_s=300, now=clock)
        verifier = _verifier(keys)
        token = issuer.token("user_1")
        assert isinstance(await verifier.verify(token), Viewer)
        published = TokenIssuer("key-2")  # the lambda answers with this one now
        clock.now = 301
        assert isinstance(await verifier.verify(published.token("user_2")), Viewer)
        assert await verifier.verify(token) is TokenProblem.INVALID
