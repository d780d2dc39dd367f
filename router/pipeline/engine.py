"""Engine: everything that hangs on one supergraph, swapped as a whole when a new one is loaded."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from router.cache.lru import LruCache
from router.planning import Planner
from router.policies.introspection_limit import IntrospectionLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from router.errors import ClientError
    from router.execution import SubgraphClient, Variant
    from router.pipeline.operation import Operation
    from router.supergraph import Supergraph

OperationKey = tuple[str, str | None]
"""Text and operation name as the client sent them."""

Work = TypeVar("Work")

_MAX_OPERATIONS = 1000
_MAX_TEXT_CHARACTERS = 2 * 2**20
"""A prepared operation takes about a hundred bytes for each."""

_MAX_REFUSED_CHARACTERS = 2**20
_MAX_VARIANT_CHARACTERS = 2**19


class _Run:
    """Some work in the engine's thread, and the requests that wait for it."""

    __slots__ = ("result", "turn", "waiting")

    def __init__(self, turn: Future[Any]) -> None:
        self.turn = turn
        self.result = asyncio.wrap_future(turn)
        self.result.add_done_callback(_see)
        self.waiting = 0


def _see(done: asyncio.Future[Any]) -> None:
    """Take note of what it raised, even if every request that waited has given up."""
    if not done.cancelled():
        done.exception()


class Engine:
    """A supergraph with its planner, its clients and the operations seen so far.

    Requests keep the engine they began with, so that a swap never mixes two supergraphs.

    Attributes:
        introspection_limit: Of operations on its API schema.
        operations: Ready for execution.
        refused: What is wrong with operations that were sent and cannot be answered; a client
            that sends one sends it often.
        variants: Of operations that have variables in `@skip` or `@include`.
        in_flight: Requests that use it; one that begins adds itself, and calls `leave` at its end.
    """

    __slots__ = (
        "_idle",
        "_runs",
        "_thread",
        "clients",
        "in_flight",
        "introspection_limit",
        "operations",
        "planner",
        "refused",
        "supergraph",
        "variants",
    )

    def __init__(self, supergraph: Supergraph, clients: Mapping[str, SubgraphClient]) -> None:
        self.supergraph = supergraph
        supergraph.api_schema  # noqa: B018 (built at first use, which shall not be a request)
        self.planner = Planner(supergraph)
        self.introspection_limit = IntrospectionLimit(supergraph.api_schema)
        self.clients = clients
        self.in_flight = 0
        self._idle: asyncio.Event | None = None
        self._runs: dict[Hashable, _Run] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planning")
        self.operations: LruCache[OperationKey, Operation] = LruCache(
            max_items=_MAX_OPERATIONS, max_weight=_MAX_TEXT_CHARACTERS
        )
        self.refused: LruCache[OperationKey, tuple[ClientError, ...]] = LruCache(
            max_items=_MAX_OPERATIONS, max_weight=_MAX_REFUSED_CHARACTERS
        )
        self.variants = _KeptVariants(self)

    async def once(self, key: Hashable, work: Callable[[], Work]) -> Work:
        """Run `work` off the event loop; requests with the same key wait for one run.

        Preparing a large operation takes longer than answering a hundred small ones. There is one
        thread: the planner is not made for several. What waits for its turn when the last request
        for it gives up is not run at all, so that nobody can fill the time of those who come later.
        """
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(self._thread.submit(work))
            run.result.add_done_callback(lambda _: self._runs.pop(key))
        run.waiting += 1
        try:
            result: Work = await asyncio.shield(run.result)
        finally:
            run.waiting -= 1
            if not run.waiting:
                run.turn.cancel()  # of no effect once it has begun
        return result

    def close(self) -> None:
        """Let the thread end; for an engine that no request uses."""
        self._thread.shutdown(wait=False, cancel_futures=True)

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


class _KeptVariants:
    """Variants for the values of Boolean variables, however many a client makes up.

    Twenty variables have a million values: those used last are kept, of all operations together.
    """

    __slots__ = ("_engine", "_kept")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: LruCache[Hashable, Variant] = LruCache(
            max_items=_MAX_OPERATIONS, max_weight=_MAX_VARIANT_CHARACTERS
        )

    async def get(self, key: Hashable, make: Callable[[], Variant], weight: int) -> Variant:
        """The variant of this key; made off the event loop if it is not kept."""
        known = self._kept.get(key)
        if known is None:
            known = await self._engine.once(key, make)
            self._kept.put(key, known, weight)
        return known
