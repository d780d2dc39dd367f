"""The database and the broker go away and come back; workers die and stand in for each other."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from auth_subgraph.app import create_app
from devstack.nats import EmbeddedNats
from devstack.postgres import THROWAWAY_OPTIONS, EmbeddedPostgres
from subgraph_kit.broker import Subscription, open_broker
from subgraph_kit.database import Database
from subgraph_kit.events import Event, read_event
from tests.auth_subgraph.conftest import migrate, settings_for
from tests.auth_subgraph.graph import PASSWORD, AuthGraph
from tests.support.asgi import running
from tests.support.waiting import eventually


async def test_the_database_goes_and_comes_back_without_a_restart(
    server_folder: Path, tmp_path: Path
) -> None:
    server = EmbeddedPostgres(
        server_folder / "restarted", password="postgres", options=THROWAWAY_OPTIONS
    )
    with server:
        url = server.url(driver="postgresql+asyncpg")
        await migrate(url)
        database = Database(url, application_name="test")
        async with running(create_app(settings_for(url, tmp_path))) as http:
            auth = AuthGraph(http, database, settings_for(url, tmp_path))
            alice = await auth.register("alice")
            assert (await http.get("/health/ready")).status_code == 200

            server.stop()
            for _ in range(6):  # more than the pool holds
                extensions = await auth.error("{ me { id } }", token=alice.token)
                assert extensions["code"] == "SERVICE_OVERLOADED"
                assert extensions["retryAfter"] == 1
            assert await auth.login_code("alice", PASSWORD) == "SERVICE_OVERLOADED"
            assert (await auth.post("{ me { id } }")) == {"data": {"me": None}}
            assert (await http.get("/health/ready")).status_code == 503
            assert (await http.get("/health/live")).status_code == 200
            assert (await http.get("/revocations")).status_code == 503

            server.start()
            assert await auth.me_reason(alice.token) is None
            assert await auth.login_code("alice", PASSWORD) is None
            assert (await http.get("/health/ready")).status_code == 200
            assert (await http.get("/revocations")).status_code == 200
        await database.close()


async def test_nothing_is_half_done_though_the_database_is_killed_under_load(
    server_folder: Path, tmp_path: Path
) -> None:
    """Whoever was told to come later comes again; each account has all that belongs to it."""
    clients, each = 6, 10
    options = {**THROWAWAY_OPTIONS, "synchronous_commit": "on"}  # nothing may be lost
    server = EmbeddedPostgres(server_folder / "killed-auth", password="postgres", options=options)
    with server:
        url = server.url(driver="postgresql+asyncpg")
        await migrate(url)
        database = Database(url, application_name="test")
        async with running(create_app(settings_for(url, tmp_path))) as http:
            auth = AuthGraph(http, database, settings_for(url, tmp_path))
            done: list[str] = []
            failures: list[str] = []

            async def persist(ask: Callable[[], Awaitable[str | None]]) -> str | None:
                """Ask until there is an answer: the code of a problem, None when there is none."""
                while (code := await ask()) == "SERVICE_OVERLOADED":
                    failures.append(code)
                    await asyncio.sleep(0.02)
                return code

            async def live(name: str) -> None:
                failed_before = len(failures)
                code = await persist(lambda: auth.register_code(name))
                # The answer to the first try may have been lost on the way, the account not.
                assert code is None or (code == "EMAIL_TAKEN" and len(failures) > failed_before)
                assert await persist(lambda: auth.login_code(name, PASSWORD)) is None
                done.append(name)

            async def live_in_turn(number: int) -> None:
                for count in range(each):
                    await live(f"user-{number}-{count}")

            async def kill_halfway() -> None:
                await eventually(lambda: _is_halfway(done, clients * each), within_s=60)
                server.process.kill()
                server.process.wait()
                await asyncio.to_thread(server.start)

            async with asyncio.TaskGroup() as group:
                for number in range(clients):
                    group.create_task(live_in_turn(number))
                group.create_task(kill_halfway())
            assert failures, "nobody noticed"
            whole = await database.fetch(WHOLE_ACCOUNTS)
            assert [row["username"] for row in whole] == sorted(done)
            assert await database.fetch_value("SELECT count(*) FROM users") == len(done)
        await database.close()


WHOLE_ACCOUNTS = """
SELECT username FROM users
WHERE (SELECT count(*) FROM outbox
       WHERE type = 'user.created' AND data ->> 'username' = username) = 1
  AND (SELECT count(*) FROM audit_events WHERE kind = 'REGISTERED' AND subject_id = users.id) = 1
  AND (SELECT count(*) FROM audit_events
       WHERE kind IN ('REGISTERED', 'LOGIN_SUCCEEDED') AND subject_id = users.id)
    = (SELECT count(*) FROM sessions JOIN refresh_tokens ON session_id = sessions.id
       WHERE user_id = users.id)
ORDER BY username
"""
"""Accounts with one event, one audited registration, and one refresh token a session opened."""


async def _is_halfway(done: list[str], total: int) -> bool:
    return len(done) >= total / 2


async def test_no_event_is_lost_while_brokers_and_workers_die(
    auth: AuthGraph, server_folder: Path
) -> None:
    """Two workers; the broker is away at first; one worker is killed while it publishes."""
    nats = EmbeddedNats(server_folder / "auth-nats")
    nats.start()
    received: list[Event] = []

    async def receive(body: bytes) -> None:
        received.append(read_event(body))

    async def consume() -> None:
        broker = open_broker(nats.url, name="test")
        subscription = Subscription("test.auth-events", ("user.created",))
        try:
            await broker.consume(subscription, receive)
        finally:
            await broker.close()

    try:
        with _worker(auth, nats.url) as first, _worker(auth, nats.url):
            nats.stop()
            people = [await auth.register(f"user{number}") for number in range(20)]
            assert await _unpublished(auth.database) == 20
            nats.start()
            async with asyncio.TaskGroup() as group:
                consuming = group.create_task(consume())
                await eventually(lambda: _has(received, 1), within_s=60)
                first.kill()  # kill -9, perhaps between the broker's word and the mark
                people += [await auth.register(f"later{number}") for number in range(20)]
                await eventually(lambda: _has(received, len(people)), within_s=60)
                await eventually(lambda: _all_published(auth.database), within_s=60)
                consuming.cancel()
    finally:
        nats.stop()
    assert {event.subject for event in received} == {person.id for person in people}


@contextmanager
def _worker(auth: AuthGraph, events_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - handed on to the child
        if not name.startswith("AUTH_")
    }
    environment |= {
        "AUTH_DATABASE_URL": auth.settings.database_url.get_secret_value(),
        "AUTH_EVENTS_URL": events_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "auth_subgraph", "work"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


async def _has(received: list[Event], count: int) -> bool:
    return len({event.id for event in received}) >= count


async def _unpublished(database: Database) -> int:
    count = await database.fetch_value("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    assert isinstance(count, int)
    return count


async def _all_published(database: Database) -> bool:
    return await _unpublished(database) == 0
