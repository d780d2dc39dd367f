"""The database of a subgraph: one pool, two ways to use it.

Changes go through a unit of work: one SQLAlchemy session, one transaction, one commit. Hot reads go
through asyncpg's own connection of the same pool, without a transaction: SQLAlchemy's statement
layer costs several times as much as such a statement itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from sqlalchemy import event, make_url
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.exc import DBAPIError, DisconnectionError, EmulatedDBAPIException
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from subgraph_kit.errors import DATABASE_AWAY

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""asyncpg's own."""

UnitOfWork = AsyncSession
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


class Database:
    """Opened by a composition root, closed by `close`.

    Args:
        url: `postgresql+asyncpg://user:password@host:port/name`.
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
        self._settings = {
            "application_name": application_name,
            "statement_timeout": str(int(statement_timeout_s * 1000)),
            "timezone": "UTC",
            "jit": "off",
            **_VANISHED_CLIENT,
        }
        self._url = make_url(url).set(drivername="postgresql+asyncpg")
        self._engine = create_async_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=0,
            hide_parameters=True,
            pool_timeout=pool_timeout_s,
            connect_args={
                "server_settings": self._settings,
                "timeout": pool_timeout_s,
                # For a server that is silent altogether; one that answers ends them before.
                "command_timeout": statement_timeout_s + _ANSWER_AFTER_TIMEOUT_S,
            },
        )
        event.listen(self._engine.sync_engine.pool, "checkout", _refuse_closed)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._free_connections = asyncio.Semaphore(pool_size)
        self._pool_timeout_s = pool_timeout_s

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a free connection, first come first served.

        SQLAlchemy's pool gives a connection to whoever asks at the right moment; under load some
        wait until they time out while later ones pass them by.
        """
        async with asyncio.timeout(self._pool_timeout_s):
            await self._free_connections.acquire()
        try:
            yield
        finally:
            self._free_connections.release()

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """One transaction.

        `async with database.unit_of_work() as work: work.add(task)`
        """
        async with self._turn():
            try:
                async with self._sessions.begin() as session:
                    yield session
            except DBAPIError as error:
                if isinstance(error.driver_exception, DATABASE_AWAY):
                    raise error.driver_exception from error
                raise

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Asyncpg's connection, each statement committed on its own."""
        async with self._turn():
            try:
                proxy = await self._engine.raw_connection()
            except EmulatedDBAPIException as error:  # SQLAlchemy's copy of asyncpg's own
                raise error.__cause__ or error from None
            try:
                driver = proxy.driver_connection
                assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - narrows for mypy
                yield driver
            except asyncpg.InternalClientError as error:  # the server is closing the connection
                proxy.invalidate(error)
                raise asyncpg.ConnectionDoesNotExistError from error
            except (TimeoutError, asyncio.CancelledError) as error:
                proxy.invalidate(error)  # its answer may never come, or come to another statement
                raise
            finally:
                proxy.close()

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
            status = await connection.execute(statement, *arguments)
        return int(status.rpartition(" ")[2])

    @asynccontextmanager
    async def dedicated_connection(self) -> AsyncIterator[Connection]:
        """A connection outside the pool, for what lasts: session locks, LISTEN."""
        connection = await asyncpg.connect(
            self._url.set(drivername="postgresql").render_as_string(hide_password=False),
            server_settings=self._settings,
            timeout=self._pool_timeout_s,
        )
        try:
            yield connection
        finally:
            try:
                await connection.close(timeout=2)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
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
