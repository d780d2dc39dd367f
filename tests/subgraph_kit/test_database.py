"""A database that fails in the middle of something: what clients are told, what comes after."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress

import asyncpg
import pytest
from graphql import GraphQLError

from subgraph_kit.database import Database
from subgraph_kit.errors import format_error
from subgraph_kit.migrations import pending_changes
from tests.subgraph_kit.conftest import METADATA
from tests.support.faulty_links import Fault, faulty_link
from tests.support.waiting import eventually

END = "SELECT pg_terminate_backend($1)"
PID = "SELECT pg_backend_pid()"
SLEEPING = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"


async def code_of(failing: Awaitable[object]) -> str:
    """What a client is told when this happens in a resolver."""
    try:
        await failing
    except Exception as error:  # noqa: BLE001 - what it is called is the point
        return _code(error)
    raise AssertionError("it succeeded")


def _code(error: Exception) -> str:
    code: str = format_error(GraphQLError("", original_error=error), "id")["extensions"]["code"]
    return code


@pytest.fixture
async def small(database_url: str) -> AsyncIterator[Database]:
    """One connection, and little patience."""
    database = Database(
        database_url,
        application_name="test",
        pool_size=1,
        pool_timeout_s=0.2,
        statement_timeout_s=0.3,
    )
    yield database
    await database.close()


async def test_a_connection_that_is_closed_before_a_statement(
    small: Database, database: Database
) -> None:
    async def change() -> None:
        async with small.unit_of_work() as work:
            pid = await work.fetchval(PID)
            await database.fetch(END, pid)
            await work.execute(PID)

    assert await code_of(change()) == "SERVICE_OVERLOADED"
    assert await small.fetch_value("SELECT 1") == 1


async def test_a_connection_that_is_closed_during_a_statement(
    small: Database, database: Database
) -> None:
    async def change() -> None:
        async with small.unit_of_work() as work:
            pid = await work.fetchval(PID)

            async def sleeps() -> bool:
                return bool(await database.fetch(SLEEPING, pid))

            async def end_it() -> None:
                await eventually(sleeps, within_s=5)
                await database.fetch(END, pid)

            await asyncio.gather(work.execute("SELECT pg_sleep(0.25)"), end_it())

    assert await code_of(change()) == "SERVICE_OVERLOADED"
    assert await small.fetch_value("SELECT 1") == 1


async def test_a_connection_that_is_closed_before_the_commit(
    small: Database, database: Database
) -> None:
    async def change() -> None:
        async with small.unit_of_work() as work:
            await work.execute("INSERT INTO effects (number) VALUES (1)")
            pid = await work.fetchval(PID)
            await database.fetch(END, pid)

    assert await code_of(change()) == "SERVICE_OVERLOADED"
    assert await small.fetch_value("SELECT count(*) FROM effects") == 0


async def test_a_statement_that_takes_too_long(small: Database) -> None:
    async def change() -> None:
        async with small.unit_of_work() as work:
            await work.execute("SELECT pg_sleep(5)")

    assert await code_of(change()) == "SERVICE_OVERLOADED"
    assert await code_of(small.fetch("SELECT pg_sleep(5)")) == "SERVICE_OVERLOADED"
    assert await small.fetch_value("SELECT 1") == 1


async def test_no_free_connection(small: Database) -> None:
    async with small.connection():
        assert await code_of(small.fetch("SELECT 1")) == "SERVICE_OVERLOADED"
    assert await small.fetch_value("SELECT 1") == 1


async def test_whoever_waits_for_a_connection_is_not_passed_by(small: Database) -> None:
    """One asks again as soon as it is done, all the time; the other asks once."""
    turns = 0
    is_served = asyncio.Event()

    async def ask_on_and_on() -> None:
        nonlocal turns
        while not is_served.is_set() and turns < 100:
            async with small.connection() as connection:
                await connection.execute("SELECT 1")
                turns += 1

    async def ask_once() -> None:
        await small.fetch("SELECT 1")
        is_served.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(ask_on_and_on())
        group.create_task(ask_once())
    assert turns <= 2


async def test_the_victim_of_a_deadlock(database: Database) -> None:
    await database.fetch("INSERT INTO effects (number) VALUES (1), (2)")
    update = "UPDATE effects SET number = number WHERE number = $1"
    both_hold_one = asyncio.Barrier(2)

    async def lock_both(first: int, second: int) -> None:
        async with database.unit_of_work() as work:
            await work.execute("SET LOCAL deadlock_timeout = '50ms'")
            await work.execute(update, first)
            await both_hold_one.wait()
            await work.execute(update, second)

    outcomes = await asyncio.gather(lock_both(1, 2), lock_both(2, 1), return_exceptions=True)
    (victim,) = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert _code(victim) == "SERVICE_OVERLOADED"


async def test_a_commit_that_commits_nothing_is_told(database: Database) -> None:
    async def change() -> None:
        async with database.unit_of_work() as work:
            await work.execute("INSERT INTO effects (number) VALUES (1)")
            with suppress(asyncpg.DivisionByZeroError):
                await work.execute("SELECT 1 / 0")

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await change()
    assert await database.fetch_value("SELECT count(*) FROM effects") == 0


async def test_what_is_begun_by_hand_and_left_open_reaches_nobody_else(small: Database) -> None:
    async with small.connection() as connection:
        await connection.execute("BEGIN")
    async with small.connection() as connection:
        assert not connection.is_in_transaction()


async def test_a_url_may_carry_parameters_of_libpq(database_url: str) -> None:
    url = f"{database_url}?sslmode=disable"
    assert await pending_changes(url, METADATA) != []  # what is compared does not matter here
    database = Database(url, application_name="test")
    assert await database.fetch_value("SELECT 1") == 1
    async with database.dedicated_connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1
    await database.close()


async def test_a_fault_of_ours_is_not_blamed_on_the_database(database: Database) -> None:
    assert await code_of(database.fetch("SELECT $1::int", "none")) == "INTERNAL_SERVER_ERROR"


async def test_a_server_that_falls_silent_is_given_up_and_used_again(database_url: str) -> None:
    async with faulty_link(database_url) as (link, url):
        database = Database(
            url,
            application_name="test",
            pool_size=1,
            pool_timeout_s=0.5,
            statement_timeout_s=0.1,
        )

        async def change() -> None:
            async with database.unit_of_work() as work:
                await work.execute(PID)

        for ask in (lambda: database.fetch("SELECT 1"), change):
            assert await database.fetch_value("SELECT 1") == 1
            link.set(Fault.SILENCE)
            async with asyncio.timeout(10):
                assert await code_of(ask()) == "SERVICE_OVERLOADED"
            link.set(Fault.NONE)
        assert await database.fetch_value("SELECT 1") == 1
        await database.close()
