"""Rate limits that several routers share, against a real server."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from router.errors import ClientError, StartupError
from router.policies.rate_limit import Rate, RateLimits
from router.policies.shared_counts import SharedStorage
from tests.support.valkey import find_valkey, running_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator


PATIENCE_S = 10.0
"""The machine may be busy; what happens when time is up has a test of its own."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    program = find_valkey()
    if program is None:
        pytest.skip("neither Valkey nor Redis is installed")
    with running_valkey(program) as server:
        yield server.url


async def test_two_routers_count_together(url: str) -> None:
    storages = [SharedStorage(url, timeout_s=PATIENCE_S), SharedStorage(url, timeout_s=PATIENCE_S)]
    counts = [storage.counts("together", Rate(10, 60)) for storage in storages]
    usages = await asyncio.gather(*(counts[n % 2].hit("10.0.0.1") for n in range(30)))
    assert sum(usage.is_allowed for usage in usages) == 10
    assert sorted(usage.remaining for usage in usages if usage.is_allowed) == list(range(10))
    assert all(1 <= usage.reset_s <= 60 for usage in usages)
    assert (await counts[0].hit("10.0.0.2")).is_allowed
    for storage in storages:
        await storage.aclose()


async def test_a_window_slides(url: str) -> None:
    storage = SharedStorage(url, timeout_s=PATIENCE_S)
    counts = storage.counts("slides", Rate(2, 1))
    async with asyncio.timeout(30):
        allowed: list[tuple[float, float]] = []
        while len(allowed) < 6:
            sent = time.monotonic()
            if (await counts.hit("a")).is_allowed:
                allowed.append((sent, time.monotonic()))
            await asyncio.sleep(0.02)
    for (sent, _), (_, answered) in zip(allowed, allowed[2:], strict=False):
        assert answered - sent >= 0.95
    await storage.aclose()


async def test_limits_of_different_names_are_apart(url: str) -> None:
    storage = SharedStorage(url, timeout_s=PATIENCE_S)
    limits = RateLimits(
        anonymous=Rate(1, 60),
        user=None,
        fields={"Mutation.login": Rate(1, 60)},
        shared=storage.counts,
    )
    headers = dict(await limits.check(None, "10.9.9.9"))
    assert headers[b"ratelimit-remaining"] == b"0"
    await limits.check_fields(["Mutation.login"], None, "10.9.9.9")
    with pytest.raises(ClientError) as caught:
        await limits.check(None, "10.9.9.9")
    assert 1 <= caught.value.extensions["retryAfter"] <= 60
    with pytest.raises(ClientError):
        await limits.check_fields(["Mutation.login"], None, "10.9.9.9")
    await storage.aclose()


async def test_a_storage_that_comes_back_counts_again() -> None:
    program = find_valkey()
    if program is None:
        pytest.skip("neither Valkey nor Redis is installed")
    now = [0.0]
    with running_valkey(program) as server:
        storage = SharedStorage(server.url, timeout_s=PATIENCE_S, clock=lambda: now[0])
        counts = storage.counts("back", Rate(1, 60))
        assert (await counts.hit("a")).remaining == 0
        server.stop()
        assert (await counts.hit("a")).is_allowed
        server.start()
        assert (await counts.hit("a")).is_allowed  # not asked again before the pause is over
        now[0] += 2
        assert (await counts.hit("a")).remaining == 0
        assert not (await counts.hit("a")).is_allowed
        await storage.aclose()


def test_a_storage_that_cannot_be_is_refused_at_start() -> None:
    with pytest.raises(StartupError, match="ROUTER_RATE_LIMIT_URL"):
        SharedStorage("floppy://disk")


async def test_an_outage_of_the_storage_stops_nobody() -> None:
    now = [0.0]
    storage = SharedStorage("valkey://127.0.0.1:9/0", clock=lambda: now[0])
    limits = RateLimits(anonymous=Rate(1, 60), user=None, shared=storage.counts)
    for _ in range(3):
        headers = dict(await limits.check(None, "10.0.0.1"))
        assert headers[b"ratelimit-remaining"] == b"1"
        now[0] += 2
    await storage.aclose()


async def test_a_storage_that_hangs_costs_one_request_its_time() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    storage = SharedStorage(f"valkey://127.0.0.1:{port}", clock=lambda: 0.0)
    counts = storage.counts("hangs", Rate(1, 60))
    async with asyncio.timeout(10):
        for _ in range(100):
            assert (await counts.hit("a")).is_allowed
    await storage.aclose()
    server.close()
    await server.wait_closed()
