"""Counted attempts in the database: the times of the last ones, one row a key.

Exact for limits up to 100. Above that attempts are counted in portions of one per cent of the
limit, so that a row stays small however wide a limit is opened.

No commit here waits for the disk: everybody behind one address waits for the lock of one row, and
a crash of the server may forget the attempts of its last second.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from asyncpg import Record

from auth_subgraph.domain.attempts import Counter, Refusal
from subgraph_kit.database import Database

_EXACT_UP_TO = 100

_COUNT = """
INSERT INTO attempts AS kept (key, times, pending, portion, counted_at, expires_at)
SELECT key, CASE WHEN portion = 1 THEN ARRAY[now] ELSE '{}' END, 1 % portion, portion,
       now, now + period
FROM (SELECT clock_timestamp() AS now, set_config('synchronous_commit', 'off', true)) AS clock,
     unnest($1::text[], $2::interval[], $3::integer[]) AS offered (key, period, portion)
ORDER BY key COLLATE "C"
ON CONFLICT (key) DO UPDATE SET portion = excluded.portion,
  counted_at = excluded.counted_at, expires_at = excluded.expires_at,
  pending = (kept.pending + 1) % excluded.portion,
  times = ARRAY(
    SELECT time FROM unnest(kept.times) AS time
    WHERE time > excluded.counted_at - (excluded.expires_at - excluded.counted_at) ORDER BY time
  ) || CASE WHEN kept.pending + 1 >= excluded.portion THEN ARRAY[excluded.counted_at]
       ELSE '{}' END
RETURNING key, times, pending, counted_at
"""
_HURRY = "set_config('synchronous_commit', 'off', true) IS NOT NULL"
_CLEAR = f"DELETE FROM attempts WHERE key = $1 AND {_HURRY}"  # noqa: S608 - a constant
_TAKE_BACK = f"""
UPDATE attempts SET times = array_remove(times, $2), pending = greatest(pending - 1, 0)
WHERE key = $1 AND {_HURRY}
"""  # noqa: S608 - a constant


class _RefusedError(Exception):
    """Undoes the counting."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class DatabaseAttempts:
    """Counts in the table `attempts`, which all processes share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, counters: Sequence[Counter]) -> datetime | Refusal:
        """Count an attempt on every counter, or on none when it is one too many for any."""
        by_key = {counter.key: counter for counter in counters}
        portions = {key: -(-its.rate.limit // _EXACT_UP_TO) for key, its in by_key.items()}
        periods = [timedelta(seconds=its.rate.period_s) for its in by_key.values()]
        try:
            async with self._database.unit_of_work() as work:
                rows = await work.fetch(_COUNT, list(by_key), periods, list(portions.values()))
                return _moment(by_key, portions, rows)
        except _RefusedError as refused:
            return refused.refusal

    async def take_back(self, counters: Iterable[Counter], at: datetime) -> None:
        """Forget the attempt of that moment."""
        for counter in counters:
            await self._database.fetch(_TAKE_BACK, counter.key, at)

    async def clear(self, counter: Counter) -> None:
        """Forget all attempts."""
        await self._database.fetch(_CLEAR, counter.key)

    async def close(self) -> None:
        """Nothing is open but the database, which belongs to somebody else."""


def _moment(
    by_key: Mapping[str, Counter], portions: Mapping[str, int], rows: Sequence[Record]
) -> datetime:
    """When an attempt was counted, by the rows as they are now.

    Raises:
        _RefusedError: It was one too many.
    """
    at: datetime = rows[0]["counted_at"]
    refusals = [
        Refusal(by_key[key], math.ceil(wait_s))
        for key, times, pending, _ in rows
        if (wait_s := _wait_s(by_key[key], portions[key], times, pending, at))
    ]
    if refusals:
        raise _RefusedError(max(refusals, key=lambda refusal: refusal.retry_after_s))
    return at


def _wait_s(
    counter: Counter, portion: int, times: Sequence[datetime], pending: int, at: datetime
) -> float:
    """How long an attempt that has just been counted should have waited; 0 when it may be made."""
    excess = len(times) * portion + pending - counter.rate.limit
    if excess <= 0:
        return 0.0
    frees_at = times[-(-excess // portion) - 1] + timedelta(seconds=counter.rate.period_s)
    return max(1.0, (frees_at - at).total_seconds())
