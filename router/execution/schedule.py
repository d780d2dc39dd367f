"""Run the fetches of a plan, each as soon as those it depends on are done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.planning.query_plan import QueryPlan

Perform = Callable[[int], Awaitable[None]]


class Schedule:
    """The order in which a plan's fetches may run; made once per plan.

    Attributes:
        is_chain: Each fetch needs the one before it, so that they run one after another.
    """

    __slots__ = ("_dependents", "_roots", "_waits_for", "is_chain")

    def __init__(self, plan: QueryPlan) -> None:
        count = len(plan.fetches)
        self._waits_for = [len(set(fetch.depends_on)) for fetch in plan.fetches]
        self._dependents: list[list[int]] = [[] for _ in range(count)]
        for fetch in plan.fetches:
            for earlier in sorted(set(fetch.depends_on)):
                self._dependents[earlier].append(fetch.id)
        self._roots = [index for index in range(count) if not self._waits_for[index]]
        self.is_chain = all(index in self._dependents[index - 1] for index in range(1, count))

    async def run(self, perform: Perform) -> None:
        """Perform every fetch once; one that fails does not raise, so its dependents still run."""
        waits_for = self._waits_for.copy()
        try:
            async with asyncio.TaskGroup() as group:
                for index in self._roots:
                    group.create_task(self._branch(index, waits_for, perform, group))
        except BaseExceptionGroup as raised:
            raise raised.exceptions[0] from None

    async def _branch(
        self, index: int, waits_for: list[int], perform: Perform, group: asyncio.TaskGroup
    ) -> None:
        """Perform a fetch, go on with one that it made ready, and start the others beside it."""
        following: int | None = index
        while following is not None:
            await perform(following)
            ready = []
            for dependent in self._dependents[following]:
                waits_for[dependent] -= 1
                if not waits_for[dependent]:
                    ready.append(dependent)
            following = ready.pop(0) if ready else None
            for other in ready:
                group.create_task(self._branch(other, waits_for, perform, group))
