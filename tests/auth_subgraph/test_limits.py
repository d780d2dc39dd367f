"""Counting attempts, in the database that all processes share."""

import pytest

from auth_subgraph.persistence.attempts import Counter, clear, count, take_back
from subgraph_kit.database import Database
from subgraph_kit.durations import RateLimit


async def _count(database: Database, *counters: Counter) -> int | None:
    """Seconds to wait; None when the attempt was counted. Refused ones are rolled back."""
    async with database.unit_of_work() as work:
        counted = await count(work, counters)
        if counted.retry_after_s is not None:
            await work.rollback()
        return counted.retry_after_s


async def _age(database: Database, seconds: float) -> None:
    await database.fetch(
        "UPDATE attempts SET times = ARRAY(SELECT time - make_interval(secs => $1)"
        " FROM unnest(times) AS time)",
        seconds,
    )


async def test_a_window_slides(database: Database) -> None:
    counter = Counter("k", RateLimit(3, 60))
    assert await _count(database, counter) is None
    await _age(database, 40)
    assert await _count(database, counter) is None
    assert await _count(database, counter) is None
    wait = await _count(database, counter)
    assert wait in {19, 20}
    await _age(database, 20)
    assert await _count(database, counter) is None
    assert await _count(database, counter) in {39, 40}


@pytest.mark.parametrize("limit", [1, 2, 100, 101, 250])
async def test_a_limit_is_kept_to_one_per_cent(database: Database, limit: int) -> None:
    counter = Counter("k", RateLimit(limit, 3600))
    allowed = 0
    while await _count(database, counter) is None:
        allowed += 1
    assert allowed == limit
    assert 3500 <= (await _count(database, counter) or 0) <= 3600
    kept = await database.fetch_value("SELECT cardinality(times) FROM attempts")
    assert isinstance(kept, int)
    assert kept <= 100


async def test_one_refusal_counts_nowhere(database: Database) -> None:
    wide, narrow = Counter("wide", RateLimit(9, 60)), Counter("narrow", RateLimit(1, 60))
    assert await _count(database, wide, narrow) is None
    assert await _count(database, wide, narrow) == 60
    kept = await database.fetch_value("SELECT cardinality(times) FROM attempts WHERE key = 'wide'")
    assert kept == 1


async def test_attempts_are_taken_back_and_forgotten(database: Database) -> None:
    counter = Counter("k", RateLimit(1, 60))
    async with database.unit_of_work() as work:
        counted = await count(work, [counter])
        await take_back(work, [counter], counted.at)
    assert await _count(database, counter) is None
    async with database.unit_of_work() as work:
        await clear(work, counter)
    assert await _count(database, counter) is None
