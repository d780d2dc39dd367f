"""Run by alembic."""

from subgraph_kit.migrations import run_environment
from tasks_subgraph.persistence.tables import metadata

run_environment(metadata)
