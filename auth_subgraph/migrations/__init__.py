"""Alembic's environment of auth_db."""

from pathlib import Path

FOLDER = Path(__file__).parent


def newest_revision() -> str:
    """What a migrated database says in `alembic_version`.

    Read from the names of the files, so that `serve` need not load alembic.
    """
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))
