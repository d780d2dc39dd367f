"""Retries and the circuit breaker, over a client whose outcomes a test lists."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from router.errors import SubgraphError
from router.execution import SubgraphRequest, SubgraphResponse
from router.transport import CircuitBreaker, Retrying
from tests.router.transport.scripted_server import request

if TYPE_CHECKING:
    from router.errors import SubgraphFailure

OK = SubgraphResponse(200, b'{"data":{}}')


class Listed:
    """Gives one outcome after another; the last one from then on."""

    def __init__(self, *outcomes: SubgraphResponse | SubgraphFailure) -> None:
        self._outcomes = list(outcomes)
        self.sent = 0

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.sent += 1
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, str):
            raise SubgraphError(request.subgraph, outcome, "as told")
        return outcome

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize("first", ["unreachable", 502, 503, 504])
async def test_a_query_is_sent_again_after_a_passing_failure(first: SubgraphFailure | int) -> None:
    inner = Listed(SubgraphResponse(first, b"") if isinstance(first, int) else first, OK)

    response = await Retrying(inner).send(request())

    assert (response.status, response.attempts) == (200, 2)


@pytest.mark.parametrize("first", ["timeout", "invalid_response", 500, 400])
async def test_a_query_is_not_sent_again_after_another_failure(
    first: SubgraphFailure | int,
) -> None:
    inner = Listed(SubgraphResponse(first, b"") if isinstance(first, int) else first, OK)

    with suppress(SubgraphError):
        await Retrying(inner).send(request())

    assert inner.sent == 1


async def test_a_mutation_is_not_sent_again() -> None:
    inner = Listed("unreachable", OK)

    with pytest.raises(SubgraphError):
        await Retrying(inner).send(request(is_mutation=True))

    assert inner.sent == 1


async def test_a_query_is_sent_again_as_often_as_allowed() -> None:
    inner = Listed("unreachable")

    with pytest.raises(SubgraphError):
        await Retrying(inner, retries=2).send(request())

    assert inner.sent == 3


async def test_the_budget_keeps_retries_from_doubling_the_load() -> None:
    inner = Listed("unreachable")
    client = Retrying(inner, budget_ratio=0.1, budget_burst=3)

    for _ in range(40):
        with pytest.raises(SubgraphError):
            await client.send(request())

    assert 40 + 3 <= inner.sent <= 40 + 3 + 4


async def test_there_is_no_retry_without_time_for_it() -> None:
    inner = Listed("unreachable", OK)

    with pytest.raises(SubgraphError):
        await Retrying(inner).send(request(within_s=0.001))

    assert inner.sent == 1


@pytest.mark.parametrize("failure", ["unreachable", "timeout", 500])
async def test_a_subgraph_that_keeps_failing_is_not_asked_for_a_while(
    failure: SubgraphFailure | int,
) -> None:
    inner = Listed(SubgraphResponse(failure, b"") if isinstance(failure, int) else failure)
    client = CircuitBreaker(inner, failures=3, pause_s=60)
    outcomes: list[int | str] = []
    for _ in range(10):
        try:
            outcomes.append((await client.send(request())).status)
        except SubgraphError as error:
            outcomes.append(error.failure)

    assert outcomes == [failure] * 3 + ["breaker_open"] * 7
    assert inner.sent == 3


async def test_after_the_pause_one_request_decides() -> None:
    inner = Listed("unreachable", "unreachable", "unreachable", OK)
    client = CircuitBreaker(inner, failures=2, pause_s=0.02)

    async def outcome() -> str:
        try:
            await client.send(request())
        except SubgraphError as error:
            return error.failure
        return "ok"

    async def outcome_after_pause() -> str:
        loop = asyncio.get_running_loop()
        found = "breaker_open"
        give_up = loop.time() + 5
        while found == "breaker_open" and loop.time() < give_up:
            found = await outcome()
        return found

    assert [await outcome() for _ in range(3)] == ["unreachable", "unreachable", "breaker_open"]
    assert await outcome_after_pause() == "unreachable"
    assert await outcome() == "breaker_open"
    assert await outcome_after_pause() == "ok"
    assert await outcome() == "ok"


async def test_a_success_between_failures_starts_the_count_again() -> None:
    inner = Listed("timeout", OK, "timeout", OK)
    client = CircuitBreaker(inner, failures=2, pause_s=60)
    for _ in range(2):
        with pytest.raises(SubgraphError):
            await client.send(request())
        await client.send(request())

    assert inner.sent == 4
