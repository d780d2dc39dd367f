"""Send queries again that failed for a passing reason, within a budget."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from router.errors import SubgraphError

if TYPE_CHECKING:
    from router.execution.ports import SubgraphClient, SubgraphRequest, SubgraphResponse

_BUSY_STATUSES = frozenset({502, 503, 504})
_FIRST_PAUSE_S = 0.02


class Retrying:
    """Wraps a client: queries that fail are sent again, after a growing pause.

    Sent again are queries that met an unreachable subgraph, or a gateway before it that said so
    (502, 503, 504). Mutations never are: nobody can tell whether the subgraph has done its work.
    Nor are timeouts: the time is gone.

    A budget keeps retries from multiplying the load of a subgraph that is down: every request
    earns a share of a retry, and where none is left, the first failure stands.
    """

    def __init__(
        self,
        client: SubgraphClient,
        *,
        retries: int = 1,
        budget_ratio: float = 0.2,
        budget_burst: float = 10.0,
    ) -> None:
        """Wrap a client of one subgraph.

        Args:
            client: Sends each attempt.
            retries: For one request at most.
            budget_ratio: Retries per request, on average, at most.
            budget_burst: Retries that may be saved up.
        """
        self._client = client
        self._retries = retries
        self._budget_ratio = budget_ratio
        self._budget_burst = budget_burst
        self._budget = budget_burst

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request, again if need be; see `SubgraphClient.send`."""
        if request.is_mutation:
            return await self._client.send(request)
        self._budget = min(self._budget + self._budget_ratio, self._budget_burst)
        sent = 0
        for number in range(self._retries):
            try:
                response = await self._client.send(request)
            except SubgraphError as error:
                sent += 1
                if error.failure != "unreachable" or not await self._pause(number, request):
                    raise
            else:
                if response.status not in _BUSY_STATUSES or not await self._pause(number, request):
                    return _counted(response, sent)
                sent += response.attempts
        return _counted(await self._client.send(request), sent)

    async def _pause(self, number: int, request: SubgraphRequest) -> bool:
        """Wait before the next attempt; False, at once, if there may be none."""
        pause_s = _FIRST_PAUSE_S * 2**number
        if self._budget < 1 or asyncio.get_running_loop().time() + pause_s >= request.deadline:
            return False
        self._budget -= 1
        await asyncio.sleep(pause_s)
        return True

    async def aclose(self) -> None:
        """Close the wrapped client."""
        await self._client.aclose()


def _counted(response: SubgraphResponse, sent_before: int) -> SubgraphResponse:
    if not sent_before:
        return response
    return replace(response, attempts=response.attempts + sent_before)
