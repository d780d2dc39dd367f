"""Alembic's environment of auth_db; run by `python -m auth_subgraph migrate`."""

from pathlib import Path

FOLDER = Path(__file__).parent
