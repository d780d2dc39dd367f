"""Ways to reach a subgraph: implementations of `router.execution.SubgraphClient`.

`HttpSubgraph` and `LocalSubgraph` reach one; the others wrap a client and add to it.
"""

from __future__ import annotations

from router.transport.circuit_breaker import CircuitBreaker
from router.transport.http import HttpSubgraph
from router.transport.in_flight import SharedInFlight
from router.transport.local import LocalSubgraph
from router.transport.retry import Retrying

__all__ = ["CircuitBreaker", "HttpSubgraph", "LocalSubgraph", "Retrying", "SharedInFlight"]
