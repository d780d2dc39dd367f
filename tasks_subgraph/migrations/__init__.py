"""Alembic's environment of tasks_db; run by `python -m tasks_subgraph migrate`."""

from pathlib import Path

FOLDER = Path(__file__).parent
