"""Share one request among equal queries that are in flight at the same time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec import structs

from router.errors import SubgraphError
from router.execution.ports import SubgraphResponse

if TYPE_CHECKING:
    from collections.abc import Hashable

    from router.execution.ports import SubgraphClient, SubgraphRequest

    _Followers = list[asyncio.Future[SubgraphResponse | None]]
    _Flight = tuple[float, _Followers]
    """Deadline of the first request, and who waits for its answer."""


class SharedInFlight:
    """Wraps a client: a query that equals one in flight waits for that one's answer.

    Equal are body and identity (whatever of the request's headers the answer may depend on).
    Mutations are never shared. A failure is shared too, except where it is the first request's own:
    when that one is cancelled or runs out of time, the next one takes its place.
    """

    def __init__(self, client: SubgraphClient) -> None:
        """Wrap a client of one subgraph."""
        self._client = client
        self._in_flight: dict[Hashable, _Flight] = {}

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Send a request, or wait for an equal one; see `SubgraphClient.send`."""
        if request.is_mutation:
            return await self._client.send(request)
        key = (request.body, request.identity)
        while (flight := self._in_flight.get(key)) is not None:
            response = await _follow(flight, request)
            if response is not None:
                return response
        flight = self._in_flight[key] = (request.deadline, [])
        shared: SubgraphResponse | SubgraphError | None = None
        try:
            shared = await self._client.send(request)
        except SubgraphError as error:
            shared = error if error.failure != "timeout" else None
            raise
        finally:
            del self._in_flight[key]
            if followers := flight[1]:
                _tell(followers, shared)
        return shared

    async def aclose(self) -> None:
        """Close the wrapped client."""
        await self._client.aclose()


async def _follow(flight: _Flight, request: SubgraphRequest) -> SubgraphResponse | None:
    """The first request's response; None if it gave up for reasons of its own."""
    deadline, followers = flight
    told: asyncio.Future[SubgraphResponse | None] = asyncio.get_running_loop().create_future()
    followers.append(told)
    if deadline <= request.deadline:  # the first request keeps it, a timer would never fire
        return await told
    try:
        async with asyncio.timeout_at(request.deadline):
            return await told
    except TimeoutError as error:
        raise SubgraphError(request.subgraph, "timeout", "no answer in time") from error


def _tell(followers: _Followers, shared: SubgraphResponse | SubgraphError | None) -> None:
    if isinstance(shared, SubgraphResponse):
        shared = structs.replace(shared, is_shared=True, attempts=0)
    for told in followers:
        if told.done():
            continue
        if isinstance(shared, SubgraphError):
            told.set_exception(shared)
        else:
            told.set_result(shared)
