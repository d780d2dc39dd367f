"""Engine: everything that hangs on one supergraph, swapped as a whole when a new one is loaded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from router.cache.lru import LruCache
from router.planning import Planner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.execution import SubgraphClient
    from router.pipeline.operation import Operation
    from router.supergraph import Supergraph

OperationKey = tuple[str, str | None]
"""Text and operation name as the client sent them."""

_MAX_OPERATIONS = 4096
_MAX_TEXT_CHARACTERS = 16 * 2**20


class Engine:
    """A supergraph with its planner, its clients and the operations seen so far.

    Requests keep the engine they began with, so that a swap never mixes two supergraphs.

    Attributes:
        in_flight: Requests that use it.
    """

    __slots__ = ("_idle", "clients", "in_flight", "operations", "planner", "supergraph")

    def __init__(self, supergraph: Supergraph, clients: Mapping[str, SubgraphClient]) -> None:
        self.supergraph = supergraph
        supergraph.api_schema  # noqa: B018 (built at first use, which shall not be a request)
        self.planner = Planner(supergraph)
        self.clients = clients
        self.in_flight = 0
        self._idle: asyncio.Event | None = None
        self.operations: LruCache[OperationKey, Operation] = LruCache(
            max_items=_MAX_OPERATIONS, max_weight=_MAX_TEXT_CHARACTERS
        )

    def enter(self) -> None:
        """A request begins."""
        self.in_flight += 1

    def leave(self) -> None:
        """A request has ended."""
        self.in_flight -= 1
        if not self.in_flight and self._idle is not None:
            self._idle.set()

    async def drained(self) -> None:
        """Wait until no request uses this engine; for one that no new request gets."""
        if self.in_flight:
            self._idle = asyncio.Event()
            await self._idle.wait()
