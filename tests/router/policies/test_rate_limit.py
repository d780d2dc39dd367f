from __future__ import annotations

import pytest

from router.errors import ClientError, StartupError
from router.policies.identity import Viewer
from router.policies.rate_limit import Rate, RateLimits, Usage, _MemoryCounts

ALICE = Viewer("user_1", "sess_1", frozenset(), "USER", 0)
BOB = Viewer("user_2", "sess_2", frozenset(), "USER", 0)


async def test_addresses_are_counted_apart_from_users() -> None:
    limits = RateLimits(anonymous=Rate(2, 60), user=Rate(3, 60))
    for _ in range(2):
        await limits.check(None, "10.0.0.1")
    with pytest.raises(ClientError) as caught:
        await limits.check(None, "10.0.0.1")
    assert (caught.value.code, caught.value.status) == ("RATE_LIMITED", 429)
    assert 1 <= caught.value.extensions["retryAfter"] <= 60
    await limits.check(None, "10.0.0.2")
    for _ in range(3):
        await limits.check(ALICE, "10.0.0.1")
    with pytest.raises(ClientError):
        await limits.check(ALICE, "10.0.0.9")
    await limits.check(BOB, "10.0.0.1")


async def test_a_field_has_a_limit_of_its_own() -> None:
    limits = RateLimits(anonymous=None, user=None, fields={"Mutation.login": Rate(2, 60)})
    assert limits.fields == {"Mutation.login"}
    await limits.check_fields(["Mutation.login", "Mutation.login"], None, "10.0.0.1")
    with pytest.raises(ClientError):
        await limits.check_fields(["Mutation.login"], None, "10.0.0.1")
    await limits.check_fields(["Mutation.login"], None, "10.0.0.2")
    await limits.check_fields(["Mutation.login"], ALICE, "10.0.0.1")


async def test_headers_tell_what_is_left() -> None:
    limits = RateLimits(anonymous=None, user=Rate(5, 60))
    headers = dict(await limits.check(ALICE, ""))
    assert headers[b"ratelimit-limit"] == b"5"
    assert headers[b"ratelimit-remaining"] == b"4"
    assert 1 <= int(headers[b"ratelimit-reset"]) <= 60
    assert await limits.check(None, "10.0.0.1") == ()


async def test_counting_starts_anew_with_each_window() -> None:
    now = [1000.0]
    counts = _MemoryCounts(Rate(1, 10), lambda: now[0])
    assert await counts.hit("a") == Usage(is_allowed=True, remaining=0, reset_s=10)
    now[0] = 1009.5
    assert await counts.hit("a") == Usage(is_allowed=False, remaining=0, reset_s=1)
    assert await counts.hit("b") == Usage(is_allowed=True, remaining=0, reset_s=1)
    now[0] = 1010.0
    assert await counts.hit("a") == Usage(is_allowed=True, remaining=0, reset_s=10)


def test_a_storage_that_cannot_be_is_refused_at_start() -> None:
    with pytest.raises(StartupError, match="ROUTER_RATE_LIMIT_URL"):
        RateLimits(anonymous=None, user=Rate(5, 60), storage_url="floppy://disk")


async def test_an_outage_of_the_storage_stops_nobody() -> None:
    pytest.importorskip("valkey", reason="the client for Valkey is not installed")
    url = "valkey://127.0.0.1:9/0"
    limits = RateLimits(anonymous=Rate(1, 60), user=None, storage_url=url)
    for _ in range(3):
        headers = dict(await limits.check(None, "10.0.0.1"))
        assert headers[b"ratelimit-remaining"] == b"1"
