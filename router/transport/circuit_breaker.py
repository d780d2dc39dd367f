"""Stop asking a subgraph that keeps failing, until it has had time to recover."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from router.errors import SubgraphError

if TYPE_CHECKING:
    from router.execution.ports import SubgraphClient, SubgraphRequest, SubgraphResponse


class CircuitBreaker:
    """Wraps a client: after a row of failures, requests fail at once for a while.

    So a subgraph that hangs costs one timeout and not one for every request. After the pause one
    request is let through: if it succeeds, all are again.

    Failures are no answer in time, no connection, and statuses from 500. Errors that a subgraph
    tells in GraphQL are answers.
    """

    def __init__(self, client: SubgraphClient, *, failures: int = 20, pause_s: float = 5.0) -> None:
        """Wrap a client of one subgraph.

        Args:
            client: Sends what is let through.
            failures: One after another, before requests are stopped.
            pause_s: How long nothing is sent.
        """
        self._client = client
        self._failures_allowed = failures
        self._pause_s = pause_s
        self._failures = 0
        self._closed_until = 0.0

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request, or fail at once; see `SubgraphClient.send`."""
        if self._failures >= self._failures_allowed:
            now = asyncio.get_running_loop().time()
            if now < self._closed_until:
                raise SubgraphError(request.subgraph, "breaker_open", "it failed too often")
            self._closed_until = now + self._pause_s  # this request is the trial
        try:
            response = await self._client.send(request)
        except SubgraphError:
            self._count_failure()
            raise
        if response.status >= 500:
            self._count_failure()
        else:
            self._failures = 0
        return response

    async def aclose(self) -> None:
        """Close the wrapped client."""
        await self._client.aclose()

    def _count_failure(self) -> None:
        self._failures += 1
        if self._failures >= self._failures_allowed:
            self._closed_until = asyncio.get_running_loop().time() + self._pause_s
