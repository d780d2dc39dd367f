"""Counted attempts: the times of the last ones, one row a key, exact to the microsecond."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subgraph_kit.database import UnitOfWork
    from subgraph_kit.durations import RateLimit


@dataclass(frozen=True, slots=True)
class Counter:
    """What is limited, for whom, and how far."""

    key: str
    rate: RateLimit


# The period is the distance between the two columns of the row that is offered.
_COUNT = text(
    "INSERT INTO attempts AS kept (key, times, expires_at)"
    " SELECT key, ARRAY[now], now + period"
    " FROM (SELECT clock_timestamp() AS now) AS clock,"
    " unnest(CAST(:keys AS text[]), CAST(:periods AS interval[])) AS offered (key, period)"
    " ORDER BY key"
    " ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, times = ARRAY("
    "SELECT time FROM unnest(kept.times) AS time"
    " WHERE time > excluded.times[1] - (excluded.expires_at - excluded.times[1]) ORDER BY time"
    ") || excluded.times RETURNING key, times"
)
_CLEAR = text("DELETE FROM attempts WHERE key = :key")
_TAKE_BACK = text("UPDATE attempts SET times = array_remove(times, :at) WHERE key = :key")


@dataclass(frozen=True, slots=True)
class Counted:
    """An attempt that was counted at `at`, or that is one too many for `retry_after_s`."""

    at: datetime
    retry_after_s: int | None


async def count(work: UnitOfWork, counters: Sequence[Counter]) -> Counted:
    """Count an attempt on every counter.

    The caller rolls back when it was one too many, so that a refused attempt prolongs nothing.
    """
    by_key = {counter.key: counter.rate for counter in counters}
    outcome = await work.execute(
        _COUNT,
        {
            "keys": list(by_key),
            "periods": [timedelta(seconds=rate.period_s) for rate in by_key.values()],
        },
    )
    rows = outcome.all()
    at: datetime = rows[0][1][-1]
    waits = [
        times[-1 - by_key[key].limit] + timedelta(seconds=by_key[key].period_s) - at
        for key, times in rows
        if len(times) > by_key[key].limit
    ]
    if not waits:
        return Counted(at, None)
    return Counted(at, max(1, math.ceil(max(waits).total_seconds())))


async def clear(work: UnitOfWork, counter: Counter) -> None:
    """Forget all attempts."""
    await work.execute(_CLEAR, {"key": counter.key})


async def take_back(work: UnitOfWork, counter: Counter, at: datetime) -> None:
    """Forget the attempt of that moment."""
    await work.execute(_TAKE_BACK, {"key": counter.key, "at": at})
