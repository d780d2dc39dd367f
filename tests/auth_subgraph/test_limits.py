"""Counting attempts where all processes share them: in the database, in Valkey."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest

from auth_subgraph.domain.attempts import Counter, Refusal
from auth_subgraph.persistence.attempts import DatabaseAttempts
from auth_subgraph.persistence.shared_attempts import SharedAttempts
from auth_subgraph.services.limits import Attempts
from subgraph_kit.database import Database
from subgraph_kit.durations import RateLimit
from subgraph_kit.errors import UnavailableError
from tests.auth_subgraph.conftest import StartAuth
from tests.support.valkey import ValkeyServer, find_valkey, running_valkey
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    program = find_valkey()
    if program is None:
        pytest.skip("neither Valkey nor Redis is installed (apt install redis-server)")
    with running_valkey(program) as server:
        yield server


@pytest.fixture(params=["database", "valkey"])
async def attempts(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Attempts]:
    opened: Attempts
    if request.param == "database":
        opened = DatabaseAttempts(database)
    else:
        server: ValkeyServer = request.getfixturevalue("valkey")
        server.stop()
        server.start()  # empty
        opened = SharedAttempts(server.url)
    yield opened
    await opened.close()


async def _wait_s(attempts: Attempts, *counters: Counter) -> int | None:
    """Seconds to wait; None when the attempt was counted."""
    counted = await attempts.count(counters)
    return counted.retry_after_s if isinstance(counted, Refusal) else None


async def test_an_attempt_counts_for_its_period(attempts: Attempts) -> None:
    counter = Counter("k", RateLimit(1, 0.5))

    async def may_try() -> bool:
        return await _wait_s(attempts, counter) is None

    assert await may_try()
    assert await _wait_s(attempts, counter) == 1
    await eventually(may_try, within_s=2)
    assert not await may_try()


async def test_a_window_slides(database: Database) -> None:
    attempts, counter = DatabaseAttempts(database), Counter("k", RateLimit(3, 60))

    async def pass_time(seconds: float) -> None:
        await database.fetch(
            "UPDATE attempts SET times = ARRAY(SELECT time - make_interval(secs => $1)"
            " FROM unnest(times) AS time)",
            seconds,
        )

    assert await _wait_s(attempts, counter) is None
    await pass_time(40)
    assert [await _wait_s(attempts, counter) for _ in range(2)] == [None, None]
    assert await _wait_s(attempts, counter) in {19, 20}
    await pass_time(20)
    assert await _wait_s(attempts, counter) is None
    assert await _wait_s(attempts, counter) in {39, 40}


@pytest.mark.parametrize("limit", [1, 2, 100, 101, 250])
async def test_a_limit_is_kept_to_one_per_cent(attempts: Attempts, limit: int) -> None:
    counter = Counter("k", RateLimit(limit, 3600))
    allowed = 0
    while await _wait_s(attempts, counter) is None:
        allowed += 1
    assert allowed == limit
    assert 3500 <= (await _wait_s(attempts, counter) or 0) <= 3600


async def test_a_row_stays_small(database: Database) -> None:
    attempts, counter = DatabaseAttempts(database), Counter("k", RateLimit(250, 3600))
    while await _wait_s(attempts, counter) is None:
        pass
    kept = await database.fetch_value("SELECT cardinality(times) FROM attempts")
    assert isinstance(kept, int)
    assert kept <= 100


async def test_one_refusal_counts_nowhere(attempts: Attempts) -> None:
    wide, narrow = Counter("wide", RateLimit(3, 60)), Counter("narrow", RateLimit(1, 60))
    assert await _wait_s(attempts, wide, narrow) is None
    for _ in range(3):
        assert await attempts.count([wide, narrow]) == Refusal(narrow, 60)
    assert [await _wait_s(attempts, wide) for _ in range(3)] == [None, None, 60]


async def test_attempts_are_taken_back_and_forgotten(attempts: Attempts) -> None:
    counter = Counter("k", RateLimit(2, 60))
    first = await attempts.count([counter])
    second = await attempts.count([counter])
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    await attempts.take_back([counter], first)
    assert await _wait_s(attempts, counter) is None
    assert await _wait_s(attempts, counter) == 60
    await attempts.clear(counter)
    assert [await _wait_s(attempts, counter) for _ in range(3)] == [None, None, 60]


async def test_parallel_attempts_are_counted_one_by_one(attempts: Attempts) -> None:
    shared = Counter("shared", RateLimit(10, 60))
    counters = [[Counter(f"own {number % 3}", RateLimit(99, 60)), shared] for number in range(40)]
    outcomes = await asyncio.gather(*(attempts.count(pair) for pair in counters))
    moments = [outcome for outcome in outcomes if isinstance(outcome, datetime)]
    assert len(moments) == len(set(moments)) == 10


async def test_processes_share_the_limits_in_valkey_and_nobody_gets_in_without_it(
    start_auth: StartAuth, valkey: ValkeyServer
) -> None:
    settings = {"rate_limit_url": valkey.url, "login_per_ip": RateLimit(2, 60)}
    async with start_auth(**settings) as one, start_auth(**settings) as other:
        await one.register("alice")
        assert await one.login_code("alice", "wrong") == "INVALID_CREDENTIALS"
        assert await other.login_code("alice", "wrong") == "INVALID_CREDENTIALS"
        assert await one.login_code("alice", "wrong") == "RATE_LIMITED"
        assert await one.database.fetch("SELECT key FROM attempts") == []
        valkey.stop()
        assert await other.login_code("alice", "wrong") == "SERVICE_OVERLOADED"
        valkey.start()
        assert await other.login_code("alice", "wrong") == "INVALID_CREDENTIALS"


async def test_a_server_that_is_not_there_is_told_in_time() -> None:
    attempts = SharedAttempts("valkey://127.0.0.1:1/0")
    with pytest.raises(UnavailableError):
        async with asyncio.timeout(5):
            await attempts.count([Counter("k", RateLimit(1, 60))])
    await attempts.close()
