"""When fetches run, and what ends them."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

import pytest
from graphql import parse

from router.errors import ClientError, PlanBugError
from router.execution import SubgraphRequest, SubgraphResponse, prepare
from tests.router.execution.support import (
    Stub,
    context,
    entities,
    plan_of,
    root,
    run,
    supergraph_of,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

SUPERGRAPH = supergraph_of("""
    type Query { slow: String  fast: Item  other: String }
    type Mutation { first: Int  second: Int }
    type Subscription { ticks: Int }
    type Item { id: ID!  name: String  price: Int }
""")
ENTITIES = "query($representations:[_Any!]!){_entities(representations:$representations){%s}}"
NAME = entities("names", ENTITIES % "...on Item{name}", "fast", "id", types=("Item",), after=(1,))
FAST = root("fast", "{fast{__typename id}}")
ITEM = {"data": {"fast": {"__typename": "Item", "id": "1"}}}
NAMED = {"data": {"_entities": [{"name": "One"}]}}


class VirtualTime(selectors.DefaultSelector):
    """Skips waiting: the clock jumps to the next timer."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout > 0:
            self.now += timeout
        return super().select(0)


def run_in_virtual_time(work: Coroutine[Any, Any, Any]) -> float:
    """The seconds that the work takes by the clock of its event loop."""
    selector = VirtualTime()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()
    return selector.now


class Delayed(Stub):
    """Answers after some seconds."""

    def __init__(self, answer: dict[str, Any], delay_s: float) -> None:
        super().__init__(answer)
        self._delay_s = delay_s

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        await asyncio.sleep(self._delay_s)
        return await super().send(request)


def test_an_operation_takes_as_long_as_its_longest_chain_of_fetches() -> None:
    price = entities(
        "prices", ENTITIES % "...on Item{price}", "fast", "id", types=("Item",), after=(1,)
    )
    plan = plan_of(root("slow", "{slow}"), FAST, NAME, price)
    clients = {
        "slow": Delayed({"data": {"slow": "s"}}, 6.0),
        "fast": Delayed(ITEM, 2.0),
        "names": Delayed(NAMED, 3.0),
        "prices": Delayed({"data": {"_entities": [{"price": 1}]}}, 5.0),
    }

    taken = run_in_virtual_time(run(SUPERGRAPH, "{ slow fast { name price } }", plan, clients))

    assert taken == pytest.approx(7.0, abs=0.01)  # fast, then prices; waves would take 11


async def test_a_fetch_does_not_wait_for_one_it_does_not_need() -> None:
    gate = asyncio.Event()
    slow = Stub({"data": {"slow": "s"}}, gate=gate)

    def open_gate(_: SubgraphRequest) -> dict[str, Any]:
        gate.set()
        return NAMED

    async with asyncio.timeout(5):
        response = await run(
            SUPERGRAPH,
            "{ slow fast { name } }",
            plan_of(root("slow", "{slow}"), FAST, NAME),
            {"slow": slow, "fast": Stub(ITEM), "names": Stub(open_gate)},
        )

    assert response == {"data": {"slow": "s", "fast": {"name": "One"}}}


async def test_a_fetch_with_two_inputs_waits_for_both() -> None:
    gate = asyncio.Event()
    name = entities(
        "names", ENTITIES % "...on Item{name}", "fast", "id", "price", types=("Item",), after=(0, 1)
    )
    names = Stub(NAMED)
    plan = plan_of(FAST, root("prices", "{fast{price}}"), name)
    clients = {
        "fast": Stub(ITEM),
        "prices": Stub({"data": {"fast": {"price": 3}}}, gate=gate),
        "names": names,
    }
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(run(SUPERGRAPH, "{ fast { name price } }", plan, clients))
        await clients["prices"].asked.wait()
        assert not names.requests
        gate.set()

    assert names.representations() == [{"__typename": "Item", "id": "1", "price": 3}]
    assert task.result() == {"data": {"fast": {"name": "One", "price": 3}}}


async def test_mutations_run_one_after_another_and_a_failed_one_does_not_stop_the_next() -> None:
    order: list[str] = []

    def answer(request: SubgraphRequest) -> dict[str, Any]:
        order.append(request.operation)
        assert request.is_mutation
        if request.operation == "mutation{first}":
            return {"errors": [{"message": "no"}]}
        return {"data": {"second": 2}}

    response = await run(
        SUPERGRAPH,
        "mutation { first second }",
        plan_of(root("a", "mutation{first}"), root("b", "mutation{second}", depends_on=(0,))),
        {"a": Stub(answer), "b": Stub(answer)},
    )

    assert order == ["mutation{first}", "mutation{second}"]
    assert response["data"] == {"first": None, "second": 2}
    assert [error["path"] for error in response["errors"]] == [["first"]]


async def test_a_cancelled_operation_cancels_its_fetches() -> None:
    never = asyncio.Event()
    cancelled: list[str] = []

    class Hanging(Stub):
        async def send(self, request: SubgraphRequest) -> SubgraphResponse:
            try:
                return await super().send(request)
            except asyncio.CancelledError:
                cancelled.append(request.subgraph)
                raise

    clients = {name: Hanging({}, gate=never) for name in ("slow", "fast")}
    plan = plan_of(root("slow", "{slow}"), root("fast", "{fast{id}}"))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(run(SUPERGRAPH, "{ slow fast { id } }", plan, clients))
        for client in clients.values():
            await client.asked.wait()
        task.cancel()

    assert task.cancelled()
    assert sorted(cancelled) == ["fast", "slow"]


async def test_a_plan_for_an_unknown_subgraph_is_our_bug() -> None:
    plan = plan_of(root("slow", "{slow}"), root("gone", "{other}"))

    with pytest.raises(PlanBugError, match="gone"):
        await run(SUPERGRAPH, "{ slow other }", plan, {"slow": Stub({"data": {"slow": "s"}})})


async def test_each_fetch_is_observed() -> None:
    prepared = prepare(SUPERGRAPH, parse("{ fast { name } }"), None, plan_of(FAST, NAME_AFTER_FAST))
    seen = context()

    await prepared.execute({}, seen, {"fast": Stub(ITEM), "names": Stub(b"<html>", status=502)})

    observed = [(item.subgraph, item.outcome, item.status) for item in seen.observations.fetches]
    assert observed == [("fast", "ok", 200), ("names", "invalid_response", 502)]


NAME_AFTER_FAST = entities("names", ENTITIES % "...on Item{name}", "fast", "id", types=("Item",))


def test_a_subscription_is_refused() -> None:
    plan = plan_of(root("slow", "subscription{ticks}"))

    with pytest.raises(ClientError, match="Subscriptions"):
        prepare(SUPERGRAPH, parse("subscription { ticks }"), None, plan)
