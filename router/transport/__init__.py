"""Ways to reach a subgraph: implementations of `router.execution.SubgraphClient`."""

from __future__ import annotations

from router.transport.http import HttpSubgraph
from router.transport.in_flight import SharedInFlight
from router.transport.local import LocalSubgraph

__all__ = ["HttpSubgraph", "LocalSubgraph", "SharedInFlight"]
