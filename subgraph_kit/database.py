"""The database of a subgraph: one pool of asyncpg's connections, two ways to use it.

Changes go through a unit of work: one connection, one transaction, one commit. Reads and changes of
one statement need no transaction of their own.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from subgraph_kit.errors import DATABASE_AWAY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""asyncpg's own."""

UnitOfWork: TypeAlias = Connection
"""What a use case writes with; committed when the block ends, rolled back when it raises."""


_VANISHED_CLIENT = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "idle_in_transaction_session_timeout": "60000",
}
"""How soon the server gives up a client that says nothing, with its locks; its own defaults are
hours. A leader must know before (`worker.lead`)."""
_ANSWER_AFTER_TIMEOUT_S = 2.0
_FAREWELL_S = 2.0


async def connect(
    url: str,
    *,
    timeout_s: float = 5.0,
    settings: dict[str, str] | None = None,
    statement_timeout_s: float | None = None,
) -> Connection:
    """A connection of the caller's own.

    Args:
        url: `postgresql+asyncpg://user:password@host:port/name`, with libpq's parameters such as
            `?sslmode=verify-full`.
        timeout_s: For connecting.
        settings: Of the server for this connection.
        statement_timeout_s: How long to wait for the answer to a statement; None waits for ever.
    """
    return await asyncpg.connect(
        url.replace("postgresql+asyncpg://", "postgresql://", 1),
        server_settings=settings,
        timeout=timeout_s,
        command_timeout=statement_timeout_s,
    )


class Database:
    """Opened by a composition root, closed by `close`.

    Args:
        url: As for `connect`.
        application_name: Shown in `pg_stat_activity`.
        pool_size: Connections at most; a request waits up to `pool_timeout_s` for a free one.
        statement_timeout_s: The server ends longer statements.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str,
        pool_size: int = 5,
        pool_timeout_s: float = 5.0,
        statement_timeout_s: float = 10.0,
    ) -> None:
        settings = {
            "application_name": application_name,
            "statement_timeout": str(int(statement_timeout_s * 1000)),
            "timezone": "UTC",
            "jit": "off",
            **_VANISHED_CLIENT,
        }
        self._connect = partial(connect, url, timeout_s=pool_timeout_s, settings=settings)
        # For a server that is silent altogether; one that answers ends the statement before.
        self._answer_timeout_s = statement_timeout_s + _ANSWER_AFTER_TIMEOUT_S
        self._pool_timeout_s = pool_timeout_s
        self._turns = asyncio.Semaphore(pool_size)  # first come, first served
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """One transaction.

        `async with database.unit_of_work() as work: await work.execute("INSERT …", value)`
        """
        async with self.connection() as connection:
            await connection.execute("BEGIN")
            try:
                yield connection
            except (TimeoutError, asyncio.CancelledError):
                raise  # `connection` gives the connection up, and with it the transaction
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
            if await connection.execute("COMMIT") != "COMMIT":
                raise asyncpg.InFailedSQLTransactionError("a statement failed unnoticed")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool, each statement committed on its own."""
        if self._turns.locked():
            async with asyncio.timeout(self._pool_timeout_s):
                await self._turns.acquire()
        else:
            await self._turns.acquire()  # at once, which a timeout would make three times as dear
        try:
            connection = self._idle_connection() or await self._connect(
                statement_timeout_s=self._answer_timeout_s
            )
            try:
                yield connection
            except asyncpg.InternalClientError as error:  # the server is closing the connection
                connection.terminate()
                raise asyncpg.ConnectionDoesNotExistError("the connection is closing") from error
            except (TimeoutError, asyncio.CancelledError):
                connection.terminate()  # its answer may never come, or come to another statement
                raise
            finally:
                if not connection.is_closed():
                    if connection.is_in_transaction():
                        connection.terminate()  # nobody else may end what was begun here
                    else:
                        self._idle.append(connection)
        finally:
            self._turns.release()

    def _idle_connection(self) -> Connection | None:
        """The one used last, so that the server may forget the others.

        asyncpg notices the end of a connection by itself, so asking needs no round trip.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of one statement, prepared once per connection; its arguments are `$1`, `$2`."""
        async with self.connection() as connection:
            return await connection.fetch(statement, *arguments)

    async def fetch_value(self, statement: str, *arguments: object) -> object:
        """The first column of the first row, None when there is no row."""
        async with self.connection() as connection:
            return await connection.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: object) -> int:
        """Run one changing statement in a transaction of its own; returns how many rows it hit."""
        async with self.connection() as connection:
            return row_count(await connection.execute(statement, *arguments))

    @asynccontextmanager
    async def dedicated_connection(self) -> AsyncIterator[Connection]:
        """A connection outside the pool, for what lasts: session locks, LISTEN."""
        connection = await self._connect()
        try:
            yield connection
        finally:
            await _close(connection)

    async def ping(self) -> None:
        """Return when the database answers; raise what it says otherwise."""
        await self.fetch_value("SELECT 1")

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await _close(connection)


def row_count(status: str) -> int:
    """How many rows a statement hit, by what `execute` answers: `UPDATE 3`."""
    return int(status.rpartition(" ")[2])


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=_FAREWELL_S)
    except DATABASE_AWAY:
        connection.terminate()  # no time for a farewell; the server notices by itself
