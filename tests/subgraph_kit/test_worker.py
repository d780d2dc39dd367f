"""Workers: one leads, another takes over, jobs outlive their failures."""

import asyncio
import random
import time
from functools import partial

import asyncpg

from subgraph_kit.broker import Receive, Subscription
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.events import Event
from subgraph_kit.inbox import Inbox, Progress
from subgraph_kit.outbox import OutboxRelay, add_events
from subgraph_kit.worker import PeriodicJob, lead, run_jobs
from tests.support.faulty_links import Fault, faulty_link
from tests.support.waiting import eventually

LOCK_KEY = 4711
LEADER = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
END_LEADER = f"SELECT pg_terminate_backend(pid) FROM ({LEADER}) AS leader"  # noqa: S608


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
        await database.fetch(END_LEADER, LOCK_KEY)
        await eventually(has_started_again, within_s=15)
        task.cancel()


async def test_a_leader_stops_at_once_when_its_connection_is_closed(database: Database) -> None:
    """Before somebody else leads, give or take the instant in which the news travels."""
    begun: list[float] = []
    ended: list[float] = []

    async def work() -> None:
        begun.append(time.monotonic())
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(time.monotonic())

    async def the_other_leads() -> bool:
        return len(begun) == 2

    async with asyncio.TaskGroup() as group:
        leaders = [group.create_task(lead(database, LOCK_KEY, work)) for _ in range(2)]
        await eventually(lambda: _holds(database), within_s=10)
        killed_at = time.monotonic()
        await database.fetch(END_LEADER, LOCK_KEY)
        await eventually(the_other_leads, within_s=10)
        for leader in leaders:
            leader.cancel()
    assert ended[0] - killed_at < 0.5
    assert ended[0] - begun[1] < 0.2


async def test_a_leader_that_is_cut_off_in_silence_stops_before_the_server_gives_up_its_lock(
    database: Database, database_url: str
) -> None:
    stopped = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    keepalive_s = await _keepalive_s(database)
    async with faulty_link(database_url) as (link, url):
        cut_off = Database(url, application_name="cut off")
        async with asyncio.TaskGroup() as group:
            leader = group.create_task(lead(cut_off, LOCK_KEY, work))
            await eventually(lambda: _holds(database), within_s=10)
            link.set(Fault.SILENCE)
            async with asyncio.timeout(keepalive_s - 2):
                await stopped.wait()
            leader.cancel()
        await cut_off.close()


async def _holds(database: Database) -> bool:
    """Whether somebody holds the leader's lock."""
    return bool(await database.fetch(LEADER, LOCK_KEY))


async def _keepalive_s(database: Database) -> int:
    """When the server gives up a client that says nothing at all."""
    rows = await database.fetch("SELECT name, setting::int FROM pg_settings WHERE name ~ '^tcp_'")
    values = {row["name"].removeprefix("tcp_"): row["setting"] for row in rows}
    idle, interval, count, timeout_ms = (
        values[name]
        for name in ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")
    )
    return int(min(idle + interval * count, timeout_ms / 1000))


async def test_two_leaders_for_an_instant_do_no_harm(database: Database) -> None:
    """Both publish the same outbox at once; each event still comes after those before it."""
    total = 300
    arrived: list[str] = []

    class Broker:
        """Takes what comes, each publisher at its own pace."""

        async def publish(self, event_type: str, event_id: str, body: bytes) -> None:
            await asyncio.sleep(random.random() / 500)
            arrived.append(event_id)

        async def consume(self, subscription: Subscription, receive: Receive) -> None: ...

        async def close(self) -> None: ...

    events = [
        Event(type="thing.happened", source="test", subject="t", data={}) for _ in range(total)
    ]
    async with database.unit_of_work() as work:
        await add_events(work, events)

    async def is_all_published() -> bool:
        pending = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        return await database.fetch_value(pending) == 0

    async with asyncio.TaskGroup() as group:
        relays = [
            group.create_task(OutboxRelay(database, Broker(), service="test").run())
            for _ in range(2)
        ]
        await eventually(is_all_published, within_s=20)
        for relay in relays:
            relay.cancel()
    assert len(arrived) > total, "both were at work"
    assert list(dict.fromkeys(arrived)) == [str(event.id) for event in events]


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
        try:
            return await database.fetch_value("SELECT pg_backend_pid()") not in pids
        except (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError):
            return False  # its end was not noticed yet

    await eventually(is_replaced, within_s=5)
    async with database.unit_of_work() as work:
        assert await work.fetchval("SELECT 1") == 1


async def test_publishing_and_handling_go_on_after_all_connections_were_lost(
    database: Database,
) -> None:
    published: list[bytes] = []

    class Memory:
        async def publish(self, event_type: str, event_id: str, body: bytes) -> None:
            published.append(body)

        async def consume(self, subscription: Subscription, receive: Receive) -> None:
            event = Event(type="thing.happened", source="test", subject="t", data={})
            await receive(event.to_json())
            await asyncio.Event().wait()

        async def close(self) -> None: ...

    async def count(event: Event, work: UnitOfWork) -> Progress:
        await work.execute("INSERT INTO effects VALUES ($1, 1)", event.id)
        return Progress.DONE

    inbox = Inbox(database, service="test", queue="q", handlers={"thing.happened": count})
    relay = OutboxRelay(database, Memory(), service="test")

    async def both_done() -> bool:
        return bool(published) and await database.fetch_value("SELECT count(*) FROM effects") == 1

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(relay.run()), group.create_task(inbox.run(Memory()))]
        async with database.dedicated_connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await connection.execute(
                "INSERT INTO outbox (event_id, type, source, subject, time, data)"
                " VALUES (gen_random_uuid(), 'thing.happened', 'test', 't', 'now', '{}')"
            )
        await eventually(both_done, within_s=30)
        for task in tasks:
            task.cancel()
