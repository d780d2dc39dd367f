"""Run by `python -m auth_subgraph migrate`."""

from auth_subgraph.persistence.tables import metadata
from subgraph_kit.migrations import run_environment

run_environment(metadata)
