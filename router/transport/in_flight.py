"""Share one request among equal queries that are in flight at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from router.errors import SubgraphError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from router.execution.ports import SubgraphClient, SubgraphRequest, SubgraphResponse


class SharedInFlight:
    """Wraps a client: a query that equals one in flight waits for that one's answer.

    Equal are body and identity (whatever of the request's headers the answer may depend on).
    Mutations are never shared. A failure is shared too, except where it is the first request's own:
    when that one is cancelled or runs out of time, the next one takes its place.
    """

    def __init__(self, client: SubgraphClient) -> None:
        """Wrap a client of one subgraph."""
        self._client = client
        self._in_flight: dict[Hashable, asyncio.Future[SubgraphResponse | None]] = {}

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request, or wait for an equal one; see `SubgraphClient.send`."""
        if request.is_mutation:
            return await self._client.send(request)
        key = (request.body, request.identity)
        while (leader := self._in_flight.get(key)) is not None:
            response = await self._follow(leader, request)
            if response is not None:
                return response
        return await self._lead(key, request)

    async def aclose(self) -> None:
        """Close the wrapped client."""
        await self._client.aclose()

    async def _lead(self, key: Hashable, request: SubgraphRequest) -> SubgraphResponse:
        result: asyncio.Future[SubgraphResponse | None] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = result
        failure: SubgraphError | None = None
        response: SubgraphResponse | None = None
        try:
            response = await self._client.send(request)
        except SubgraphError as error:
            failure = error if error.failure != "timeout" else None
            raise
        finally:
            del self._in_flight[key]
            if failure is not None:
                result.set_exception(failure)
                result.exception()  # nobody may be waiting for it
            else:
                result.set_result(response)
        return response

    @staticmethod
    async def _follow(
        leader: asyncio.Future[SubgraphResponse | None], request: SubgraphRequest
    ) -> SubgraphResponse | None:
        """The leader's response; None if it gave up for reasons of its own."""
        try:
            async with asyncio.timeout_at(request.deadline):
                response = await asyncio.shield(leader)
        except TimeoutError as error:
            raise SubgraphError(request.subgraph, "timeout", "no answer in time") from error
        return None if response is None else response._replace(is_shared=True, attempts=0)
