from __future__ import annotations

import random

import pytest

from router.errors import ClientError
from router.policies.identity import Viewer
from router.policies.rate_limit import MemoryCounts, Rate, RateLimits, Usage

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
    assert dict(caught.value.headers)[b"ratelimit-remaining"] == b"0"
    await limits.check(None, "10.0.0.2")
    for _ in range(3):
        await limits.check(ALICE, "10.0.0.1")
    with pytest.raises(ClientError):
        await limits.check(ALICE, "10.0.0.9")
    await limits.check(BOB, "10.0.0.1")


async def test_a_network_of_ipv6_is_one_caller() -> None:
    limits = RateLimits(anonymous=Rate(1, 60), user=None)
    await limits.check(None, "2001:db8:0:1::1")
    with pytest.raises(ClientError):
        await limits.check(None, "2001:db8:0:1:ffff::2")
    await limits.check(None, "2001:db8:0:2::1")


async def test_ipv4_addresses_written_as_ipv6_stay_apart() -> None:
    limits = RateLimits(anonymous=Rate(1, 60), user=None)
    await limits.check(None, "::ffff:10.0.0.1")
    await limits.check(None, "::ffff:10.0.0.2")
    with pytest.raises(ClientError):
        await limits.check(None, "10.0.0.1")


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
    assert 57 <= int(headers[b"ratelimit-reset"]) <= 60
    assert await limits.check(None, "10.0.0.1") == ()


def test_a_call_counts_until_the_window_has_passed_over_it() -> None:
    now = [1000.0]
    counts = MemoryCounts(Rate(1, 10), lambda: now[0])
    assert counts.hit("a") == Usage(is_allowed=True, remaining=0, reset_s=10)
    now[0] = 1009.5
    assert counts.hit("a") == Usage(is_allowed=False, remaining=0, reset_s=1)
    assert counts.hit("b").is_allowed
    now[0] = 1009.9
    assert not counts.hit("a").is_allowed
    now[0] = 1010.0
    assert counts.hit("a").is_allowed
    now[0] = 5000.0
    assert counts.hit("a").is_allowed
    assert counts.hit("b").is_allowed


def test_a_caller_who_waits_as_told_gets_through() -> None:
    now = [7.3]
    counts = MemoryCounts(Rate(3, 60), lambda: now[0])
    for pause_s in (0, 11, 13):
        now[0] += pause_s
        assert counts.hit("a").is_allowed
    for _ in range(5):
        refused = counts.hit("a")
        assert not refused.is_allowed
        now[0] += refused.reset_s
        assert counts.hit("a").is_allowed


@pytest.mark.parametrize("seed", range(5))
def test_nobody_gets_more_wherever_the_window_begins(seed: int) -> None:
    chance = random.Random(seed)
    rate = Rate(chance.randint(1, 20), chance.choice([1, 10, 60]))
    now = [chance.uniform(0, 100)]
    counts = MemoryCounts(rate, lambda: now[0])
    allowed: list[float] = []
    for _ in range(2000):
        now[0] += chance.expovariate(2 * rate.count / rate.window_s) * chance.choice([0, 1, 1, 5])
        if counts.hit("a").is_allowed:
            allowed.append(now[0])
    assert len(allowed) > rate.count
    for first, later in zip(allowed, allowed[rate.count :], strict=False):
        assert later - first >= 0.95 * rate.window_s - 1e-9


def test_many_callers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.policies.rate_limit._MAX_CALLERS", 100)
    counts = MemoryCounts(Rate(1, 60), lambda: 0.0)
    for number in range(1000):
        assert counts.hit(str(number)).is_allowed
    assert len(counts._totals) <= 100
