"""Run by alembic."""

from auth_subgraph.persistence.tables import metadata
from subgraph_kit.migrations import run_environment

run_environment(metadata)
