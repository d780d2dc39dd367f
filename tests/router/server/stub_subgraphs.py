"""Subgraphs that answer from a function, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from router.execution import SubgraphRequest, SubgraphResponse

Answer = Callable[[SubgraphRequest], dict[str, Any]]


class StubSubgraph:
    """Answers with what a function gives, and remembers what it was asked.

    Attributes:
        outcomes: "answered" or "given up" for each request that has ended.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.requests: list[SubgraphRequest] = []
        self.outcomes: list[str] = []
        self.delay_s = 0.0
        self.is_closed = False
        self.is_asked = asyncio.Event()
        self.has_ended = asyncio.Event()

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append(request)
        self.is_asked.set()
        try:
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
        except asyncio.CancelledError:
            self._end("given up")
            raise
        self._end("answered")
        return SubgraphResponse(200, msgspec.json.encode(self._answer(request)))

    def _end(self, outcome: str) -> None:
        self.outcomes.append(outcome)
        self.has_ended.set()

    async def aclose(self) -> None:
        self.is_closed = True


def answering(**data: Any) -> StubSubgraph:
    """A subgraph that always has the same data."""
    return StubSubgraph(lambda _: {"data": data})
