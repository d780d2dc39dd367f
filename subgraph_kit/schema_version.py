"""Whether a database is as new as the program, found without loading alembic."""

from pathlib import Path

from subgraph_kit.database import Database
from subgraph_kit.health import ReadinessCheck


class NotMigratedError(Exception):
    """The database is older than this program: run `migrate`."""


def newest_revision(migrations: Path) -> str:
    """What a migrated database says in `alembic_version`, by the names of the files."""
    return max(path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*.py"))


def migrated(database: Database, migrations: Path) -> ReadinessCheck:
    """Ready when the database is as new as this program, or newer during a roll-out."""
    expected = newest_revision(migrations)

    async def check() -> None:
        found = await database.fetch_value("SELECT version_num FROM alembic_version")
        if not isinstance(found, str) or found < expected:
            raise NotMigratedError(found)

    return check
