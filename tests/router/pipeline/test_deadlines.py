"""What a client gets when an operation's time is up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from router import HttpSubgraph, Router, RouterOptions
from router.composition import SubgraphDefinition, compose
from router.policies.policy_set import PolicySet
from tests.router.server.stub_subgraphs import StubSubgraph, answering
from tests.router.transport.scripted_server import Peer, serving

if TYPE_CHECKING:
    from router.execution import SubgraphClient

SDL = {
    "tasks": """
        type Query { tasks: [Task!] }
        type Task { title: String!  owner: User }
        type User @key(fields: "id") { id: ID! }
    """,
    "users": """
        type Query { me: User! }
        type User @key(fields: "id") { id: ID!  name: String }
    """,
}
LINK = """extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])"""
TASKS = {"tasks": [{"title": "A", "owner": {"id": "1"}}, {"title": "B", "owner": {"id": "2"}}]}


async def answer_in(timeout_s: float, operation: str, **clients: SubgraphClient) -> dict[str, Any]:
    composition = compose([SubgraphDefinition(name, "", LINK + sdl) for name, sdl in SDL.items()])
    assert composition.supergraph is not None
    options = RouterOptions(policies=PolicySet(timeout_s=timeout_s))
    async with Router(composition.supergraph, clients, options) as router:
        return await router.execute(operation)


async def say_nothing(peer: Peer, _number: int) -> None:
    await peer.request()
    await peer.is_gone()


async def test_what_is_there_in_time_is_sent() -> None:
    async with serving(say_nothing) as server:
        answer = await answer_in(
            0.8,
            "{ tasks { title owner { name } } }",
            tasks=answering(**TASKS),
            users=HttpSubgraph(server.url),
        )

    owner = {"name": None}
    assert answer["data"] == {
        "tasks": [{"title": "A", "owner": owner}, {"title": "B", "owner": owner}]
    }
    [error] = answer["errors"]
    assert error["message"] == "Subgraph 'users' did not answer in time."
    assert error["path"] == ["tasks", 0, "owner", "name"]
    assert (error["extensions"]["code"], error["extensions"]["service"]) == ("TIMEOUT", "users")


async def test_a_client_that_keeps_no_deadline_is_cancelled() -> None:
    users = StubSubgraph(lambda _: {"data": {"me": {"name": "N"}}})
    users.delay_s = 30

    answer = await answer_in(0.1, "{ me { name } }", tasks=answering(), users=users)

    assert "data" not in answer
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TIMEOUT"]
    async with asyncio.timeout(5):
        await users.has_ended.wait()
    assert users.outcomes == ["given up"]
