"""The database of a subgraph: SQLAlchemy's engine and pool, asyncpg's own connections.

Changes go through a unit of work: one connection, one transaction, one commit. Reads and changes of
one statement need no transaction of their own. Statements are handed to asyncpg as they are:
SQLAlchemy's layer for them costs several times as much as such a statement itself (decision 9).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError, EmulatedDBAPIException
from sqlalchemy.ext.asyncio import create_async_engine

from subgraph_kit.errors import DATABASE_AWAY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

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
        answer_timeout_s = statement_timeout_s + _ANSWER_AFTER_TIMEOUT_S
        self._engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(self._connect, statement_timeout_s=answer_timeout_s),
            pool_size=pool_size,
            max_overflow=0,
            pool_reset_on_return=None,  # whoever begins a transaction ends it, see `connection`
        )
        event.listen(self._engine.sync_engine.pool, "checkout", _refuse_closed)
        self._pool_timeout_s = pool_timeout_s
        self._turns = asyncio.Semaphore(pool_size)

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
        # SQLAlchemy's pool gives a connection to whoever asks at the right moment; under load some
        # would wait until they time out while later ones pass them by.
        async with asyncio.timeout(self._pool_timeout_s):
            await self._turns.acquire()
        try:
            proxy = await self._checked_out()
            connection = proxy.driver_connection
            assert isinstance(connection, asyncpg.Connection)  # noqa: S101 - narrows for mypy
            try:
                yield connection
            except asyncpg.InternalClientError as error:  # the server is closing the connection
                proxy.invalidate(error)
                raise asyncpg.ConnectionDoesNotExistError("the connection is closing") from error
            except (TimeoutError, asyncio.CancelledError) as error:
                proxy.invalidate(error)  # its answer may never come, or come to another statement
                raise
            finally:
                if proxy.is_valid and not connection.is_closed() and connection.is_in_transaction():
                    proxy.invalidate()  # nobody else may end what was begun here
                proxy.close()
        finally:
            self._turns.release()

    async def _checked_out(self) -> PoolProxiedConnection:
        try:
            return await self._engine.raw_connection()
        except EmulatedDBAPIException as error:  # SQLAlchemy's copy of asyncpg's own
            raise error.__cause__ or error from None

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
            try:
                await connection.close(timeout=_FAREWELL_S)
            except DATABASE_AWAY:
                connection.terminate()  # no time for a farewell; the server notices by itself

    async def ping(self) -> None:
        """Return when the database answers; raise what it says otherwise."""
        await self.fetch_value("SELECT 1")

    async def close(self) -> None:
        await self._engine.dispose()


def _refuse_closed(
    connection: AsyncAdapt_asyncpg_connection,
    _entry: ConnectionPoolEntry,
    _proxy: PoolProxiedConnection,
) -> None:
    """Make the pool replace a connection that the server closed, for example by a restart.

    asyncpg notices the end of a connection by itself, so this needs no round trip.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def row_count(status: str) -> int:
    """How many rows a statement hit, by what `execute` answers: `UPDATE 3`."""
    return int(status.rpartition(" ")[2])
