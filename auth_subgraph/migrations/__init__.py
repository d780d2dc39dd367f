"""Alembic's environment of auth_db."""

from pathlib import Path

FOLDER = Path(__file__).parent
