"""Workers: one leads, another takes over, jobs outlive their failures."""

import asyncio
from functools import partial

from subgraph_kit.database import Database
from subgraph_kit.worker import PeriodicJob, lead, run_jobs
from tests.support.waiting import eventually

LOCK_KEY = 4711


async def test_one_worker_leads_and_the_next_takes_over(database: Database) -> None:
    leading: list[str] = []
    led: list[str] = []

    async def work_of(name: str) -> None:
        leading.append(name)
        led.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            leading.remove(name)

    async def somebody_leads() -> bool:
        return len(leading) == 1

    async def two_have_led() -> bool:
        assert len(leading) <= 1
        return len(set(led)) == 2

    async with asyncio.TaskGroup() as group:
        tasks = {
            name: group.create_task(lead(database, LOCK_KEY, partial(work_of, name)))
            for name in ("first", "second")
        }
        await eventually(somebody_leads, within_s=10)
        tasks[leading[0]].cancel()
        await eventually(two_have_led, within_s=10)
        for task in tasks.values():
            task.cancel()


async def test_a_leader_that_loses_its_connection_leads_again(database: Database) -> None:
    starts = 0

    async def work() -> None:
        nonlocal starts
        starts += 1
        await asyncio.Event().wait()

    async def has_started() -> bool:
        return starts == 1

    async def has_started_again() -> bool:
        return starts == 2

    async with asyncio.TaskGroup() as group:
        task = group.create_task(lead(database, LOCK_KEY, work))
        await eventually(has_started, within_s=10)
        await database.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = $1",
            LOCK_KEY,
        )
        await eventually(has_started_again, within_s=15)
        task.cancel()


async def test_a_failing_leader_starts_again(database: Database) -> None:
    starts = 0

    async def work() -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise RuntimeError("once")
        await asyncio.Event().wait()

    async def has_started_again() -> bool:
        return starts == 2

    async with asyncio.TaskGroup() as group:
        task = group.create_task(lead(database, LOCK_KEY, work))
        await eventually(has_started_again, within_s=10)
        task.cancel()


async def test_a_job_runs_until_nothing_is_left_and_survives_its_failures() -> None:
    counts: list[int] = []

    async def in_batches() -> int:
        left = (2, 1, 0)[len(counts) % 3]
        counts.append(left)
        return left

    fails = 0

    async def fail() -> int:
        nonlocal fails
        fails += 1
        raise RuntimeError("each time")

    async def has_run_twice() -> bool:
        return len(counts) >= 6 and fails >= 2

    async with asyncio.TaskGroup() as group:
        jobs = [PeriodicJob("batches", 0.01, in_batches), PeriodicJob("fails", 0.01, fail)]
        task = group.create_task(run_jobs(jobs))
        await eventually(has_run_twice, within_s=10)
        task.cancel()


async def test_the_pool_replaces_connections_that_the_server_closed(database: Database) -> None:
    pids = {await database.fetch_value("SELECT pg_backend_pid()")}
    async with database.dedicated_connection() as connection:
        await connection.execute("SELECT pg_terminate_backend($1)", *pids)

    async def is_replaced() -> bool:
        return await database.fetch_value("SELECT pg_backend_pid()") not in pids

    await eventually(is_replaced, within_s=5)
    async with database.unit_of_work() as work:
        assert (await work.connection()) is not None
