"""What every worker process does: lead when nobody else does, run jobs in turn, stop cleanly."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from subgraph_kit.database import Connection, Database
from subgraph_kit.errors import DATABASE_AWAY

log = structlog.get_logger()

_TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
_TRY_S = 1.0
_HEARTBEAT_S = 1.0
_HEARTBEAT_TIMEOUT_S = 2.0
"""Together less than the server waits before it gives up a silent client (`database`)."""


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """Something that is done every `interval_s`.

    Args:
        name: In logs.
        interval_s: From the end of one run to the start of the next.
        run: Does one batch and returns how many things it changed; called again at once as long as
            that is not zero.
    """

    name: str
    interval_s: float
    run: Callable[[], Awaitable[int]]


async def run_jobs(jobs: Sequence[PeriodicJob]) -> None:
    """Run jobs until cancelled; a job that fails is tried again after its interval."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_run_job(job))


async def _run_job(job: PeriodicJob) -> None:
    while True:
        total = 0
        try:
            while count := await job.run():
                total += count
        except DATABASE_AWAY as error:
            log.warning("a job waits for the database", job=job.name, reason=repr(error))
        except Exception:
            # Border: a background task outlives its failures.
            log.exception("job failed", job=job.name)
        if total:
            log.info("job done", job=job.name, changed=total)
        await asyncio.sleep(job.interval_s)


async def lead(database: Database, lock_key: int, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` in one process at a time, of all that share the database.

    The leader holds a session-level advisory lock on a connection of its own, so the next one takes
    over as soon as the leader or its connection dies. A leader whose connection is closed cancels
    `work` at once; one that is cut off in silence does so before the server gives up its lock. The
    server may still end a session an instant before its client hears of it, so `work` must bear two
    at work for that instant.
    """
    while True:
        # A task of its own: before Python 3.13 a task that is cancelled while its group ends with
        # errors is told of the errors alone, and would lead on.
        async with asyncio.TaskGroup() as group:
            group.create_task(_lead_once(database, lock_key, work))
        await asyncio.sleep(_TRY_S)


async def _lead_once(
    database: Database, lock_key: int, work: Callable[[], Awaitable[None]]
) -> None:
    """Wait for the lead, work until it is lost or `work` fails."""
    try:
        async with database.dedicated_connection() as connection:
            while not await connection.fetchval(_TRY_LOCK, lock_key):  # noqa: ASYNC110 - polls
                await asyncio.sleep(_TRY_S)
            log.info("leading")
            async with asyncio.TaskGroup() as group:
                group.create_task(_notice_loss(connection))
                group.create_task(_as_coroutine(work))
    except* DATABASE_AWAY as errors:
        log.warning("lost the lead", reason=repr(errors.exceptions[0]))
    except* Exception:
        # Border: a background task outlives its failures.
        log.exception("lost the lead")


async def _notice_loss(connection: Connection) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while not connection.is_closed():
        try:
            async with asyncio.timeout(_HEARTBEAT_S):
                await lost.wait()
        except TimeoutError:
            await connection.fetchval("SELECT 1", timeout=_HEARTBEAT_TIMEOUT_S)
    raise asyncpg.ConnectionDoesNotExistError("the leader's connection was closed")


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def run_until_stopped(main: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run `main` until it ends or SIGINT or SIGTERM arrives, which cancels it and is a success."""

    async def supervise() -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(main())
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)

    asyncio.run(supervise())
