"""Alembic for a subgraph: one environment each, run by `python -m <subgraph> migrate`.

An `env.py` is two lines: it hands its tables to `run_environment`. Migrations of one database run
one after the other: each run holds an advisory lock until it commits, and all its migrations are
one transaction, so a failing one leaves the database as it was.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from subgraph_kit.database import connect

_LOCK_KEY = 0x6D696772617465  # "migrate"


async def upgrade(url: str, script_location: Path) -> None:
    """Bring the database at `url` to the newest version; nothing to do is fine."""

    def run(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        config = _config(script_location)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    await _with_connection(url, run)


async def pending_changes(url: str, metadata: MetaData) -> list[object]:
    """What a further migration would have to do for the database to equal `metadata`."""
    changes: list[object] = []

    def run(connection: Connection) -> None:
        migration_context = MigrationContext.configure(connection, opts={"compare_type": True})
        changes.extend(compare_metadata(migration_context, metadata))

    await _with_connection(url, run)
    return changes


def run_environment(metadata: MetaData) -> None:
    """Body of an `env.py`: migrate over the connection that `upgrade` opened."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


def _config(script_location: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _with_connection(url: str, run: Callable[[Connection], None]) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(connect, url), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    except DBAPIError as error:
        raise error.driver_exception from error
    finally:
        await engine.dispose()
