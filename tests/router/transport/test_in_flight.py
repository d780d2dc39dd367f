from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from router.errors import SubgraphError
from router.execution import SubgraphRequest, SubgraphResponse
from router.transport import SharedInFlight

if TYPE_CHECKING:
    from collections.abc import Hashable


class Gated:
    """Answers each request when told to.

    Attributes:
        waiting: One future per request received, to be given its answer.
    """

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[SubgraphResponse]] = []

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        answer: asyncio.Future[SubgraphResponse] = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        return await answer

    async def aclose(self) -> None:
        pass


def request(
    body: bytes = b"{}",
    *,
    identity: Hashable = "ann",
    is_mutation: bool = False,
    within_s: float = 5.0,
) -> SubgraphRequest:
    return SubgraphRequest(
        subgraph="tasks",
        operation="{tasks}",
        variables={},
        body=body,
        headers=(),
        deadline=asyncio.get_running_loop().time() + within_s,
        is_mutation=is_mutation,
        identity=identity,
    )


async def turn() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


ANSWER = SubgraphResponse(200, b'{"data":{}}')


async def test_equal_queries_in_flight_are_one_request() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(client.send(request())) for _ in range(3)]
        await turn()
        [answer] = inner.waiting
        answer.set_result(ANSWER)

    assert [task.result().body for task in tasks] == [ANSWER.body] * 3
    assert [task.result().is_shared for task in tasks] == [False, True, True]


async def test_a_later_equal_query_is_sent_again() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    for number in range(2):
        async with asyncio.TaskGroup() as group:
            group.create_task(client.send(request()))
            await turn()
            inner.waiting[number].set_result(ANSWER)

    assert len(inner.waiting) == 2


@pytest.mark.parametrize("difference", ["body", "identity", "mutation"])
async def test_other_requests_are_not_shared(difference: str) -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    is_mutation = difference == "mutation"
    first = request(is_mutation=is_mutation)
    second = request(
        b"{ }" if difference == "body" else b"{}",
        identity="bob" if difference == "identity" else "ann",
        is_mutation=is_mutation,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(client.send(first))
        group.create_task(client.send(second))
        await turn()
        assert len(inner.waiting) == 2
        for answer in inner.waiting:
            answer.set_result(ANSWER)


async def test_a_failure_is_shared() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    results = asyncio.gather(client.send(request()), client.send(request()), return_exceptions=True)
    await turn()
    inner.waiting[0].set_exception(SubgraphError("tasks", "unreachable", "refused"))

    assert [type(result) for result in await results] == [SubgraphError, SubgraphError]
    assert len(inner.waiting) == 1


async def test_a_cancelled_first_request_leaves_the_others_an_answer() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(client.send(request()))
        others = [group.create_task(client.send(request())) for _ in range(2)]
        await turn()
        first.cancel()
        await turn()
        inner.waiting[1].set_result(ANSWER)

    assert first.cancelled()
    assert [task.result().body for task in others] == [ANSWER.body] * 2
    assert len(inner.waiting) == 2


async def test_a_first_request_with_little_time_does_not_fail_the_others() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    results = asyncio.gather(client.send(request()), client.send(request()), return_exceptions=True)
    await turn()
    inner.waiting[0].set_exception(SubgraphError("tasks", "timeout", "no answer in time"))
    await turn()
    inner.waiting[1].set_result(ANSWER)

    first, second = await results
    assert isinstance(first, SubgraphError)
    assert second == ANSWER


async def test_a_waiting_request_keeps_its_own_deadline() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(client.send(request()))
        await turn()
        with pytest.raises(SubgraphError) as raised:
            await client.send(request(within_s=0.01))
        inner.waiting[0].set_result(ANSWER)

    assert raised.value.failure == "timeout"
    assert first.result() == ANSWER


async def test_a_cancelled_follower_leaves_the_first_alone() -> None:
    inner = Gated()
    client = SharedInFlight(inner)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(client.send(request()))
        second = group.create_task(client.send(request()))
        await turn()
        second.cancel()
        await turn()
        inner.waiting[0].set_result(ANSWER)

    assert first.result() == ANSWER
