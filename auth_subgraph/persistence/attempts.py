"""Counted attempts: the times of the last ones, one row a key.

Exact for limits up to 100. Above that attempts are counted in portions of one per cent of the
limit, so that a row stays small however wide a limit is opened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from subgraph_kit.database import UnitOfWork
    from subgraph_kit.durations import RateLimit


@dataclass(frozen=True, slots=True)
class Counter:
    """What is limited, for whom, and how far."""

    key: str
    rate: RateLimit


_EXACT_UP_TO = 100

_COUNT = text(
    "INSERT INTO attempts AS kept (key, times, pending, portion, counted_at, expires_at)"
    " SELECT key, CASE WHEN portion = 1 THEN ARRAY[now] ELSE '{}' END, 1 % portion, portion,"
    " now, now + period FROM (SELECT clock_timestamp() AS now,"
    " set_config('synchronous_commit', 'off', true) AS hurry) AS clock, unnest("
    "CAST(:keys AS text[]), CAST(:periods AS interval[]), CAST(:portions AS integer[])"
    ') AS offered (key, period, portion) ORDER BY key COLLATE "C"'
    " ON CONFLICT (key) DO UPDATE SET portion = excluded.portion,"
    " counted_at = excluded.counted_at, expires_at = excluded.expires_at,"
    " pending = (kept.pending + 1) % excluded.portion,"
    " times = ARRAY(SELECT time FROM unnest(kept.times) AS time"
    " WHERE time > excluded.counted_at - (excluded.expires_at - excluded.counted_at)"
    " ORDER BY time) || CASE WHEN kept.pending + 1 >= excluded.portion"
    " THEN ARRAY[excluded.counted_at] ELSE '{}' END"
    " RETURNING key, times, pending, counted_at"
)
_CLEAR = text("DELETE FROM attempts WHERE key = :key")
_TAKE_BACK = text(
    "UPDATE attempts SET times = array_remove(times, :at), pending = greatest(pending - 1, 0)"
    " WHERE key = :key"
)


@dataclass(frozen=True, slots=True)
class Counted:
    """An attempt that was counted at `at`, or that is one too many for `retry_after_s`."""

    at: datetime
    retry_after_s: int | None


async def count(work: UnitOfWork, counters: Sequence[Counter]) -> Counted:
    """Count an attempt on every counter, in a unit of work that changes nothing else.

    Its commit does not wait for the disk: everybody behind one address waits for the lock of one
    row, and a crash of the server may forget the attempts of its last second.
    The caller rolls back when it was one too many, so that a refused attempt prolongs nothing.
    """
    by_key = {counter.key: counter.rate for counter in counters}
    portions = {key: -(-rate.limit // _EXACT_UP_TO) for key, rate in by_key.items()}
    outcome = await work.execute(
        _COUNT,
        {
            "keys": list(by_key),
            "periods": [timedelta(seconds=rate.period_s) for rate in by_key.values()],
            "portions": list(portions.values()),
        },
    )
    at: datetime | None = None
    waits = []
    for key, times, pending, counted_at in outcome:
        at, rate, portion = counted_at, by_key[key], portions[key]
        excess = len(times) * portion + pending - rate.limit
        if excess > 0:
            frees_at = times[-(-excess // portion) - 1] + timedelta(seconds=rate.period_s)
            waits.append((frees_at - counted_at).total_seconds())
    assert at is not None  # noqa: S101 - there is a row for each counter, and one counter at least
    return Counted(at, max(1, math.ceil(max(waits))) if waits else None)


async def clear(work: UnitOfWork, counter: Counter) -> None:
    """Forget all attempts."""
    await work.execute(_CLEAR, {"key": counter.key})


async def take_back(work: UnitOfWork, counters: Iterable[Counter], at: datetime) -> None:
    """Forget the attempt of that moment."""
    for key in sorted(counter.key for counter in counters):  # in the order in which count() locks
        await work.execute(_TAKE_BACK, {"key": key, "at": at})
