"""Migrations make the tables that the code uses, once, whoever runs them."""

import asyncio

from sqlalchemy import MetaData

from subgraph_kit.database import Database
from subgraph_kit.migrations import pending_changes
from subgraph_kit.schema_version import newest_revision
from tasks_subgraph.migrations import FOLDER
from tasks_subgraph.persistence.tables import metadata
from tests.support.databases import Databases
from tests.tasks_subgraph.conftest import migrate


async def test_the_tables_of_the_code_are_those_of_the_migrations(database_url: str) -> None:
    assert await pending_changes(database_url, metadata) == []
    assert await pending_changes(database_url, MetaData()) != []  # it does look


async def test_migrating_twice_and_at_once_is_the_same_as_once(databases: Databases) -> None:
    url = databases.url("empty")
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    await migrate(url)

    database = Database(url, application_name="test")
    version = await database.fetch_value("SELECT version_num FROM alembic_version")
    await database.close()
    assert version == newest_revision(FOLDER)
    assert await pending_changes(url, metadata) == []
