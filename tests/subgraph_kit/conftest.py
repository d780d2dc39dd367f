"""A database with an outbox, an inbox and a table that shows effects."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from subgraph_kit.database import Database
from subgraph_kit.event_tables import inbox_table, outbox_table
from tests.support.databases import EMPTY, Databases

METADATA: Final = MetaData()
outbox_table(METADATA)
inbox_table(METADATA)


async def _make_tables(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(text("CREATE TABLE effects (event_id uuid, number integer)"))
    await engine.dispose()


@pytest.fixture(scope="session")
def shared_database_url(databases: Databases) -> str:
    """One database for all tests of this process; each finds it empty."""
    return databases.url("kit", _make_tables)


@pytest.fixture
async def database(shared_database_url: str) -> AsyncIterator[Database]:
    database = Database(shared_database_url, application_name="test", pool_size=4)
    await database.fetch(EMPTY)
    yield database
    await database.close()


@pytest.fixture
def database_url(database: Database, shared_database_url: str) -> str:
    return shared_database_url
