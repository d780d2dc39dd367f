"""The router as a Python object."""

from __future__ import annotations

import asyncio

import pytest
import strawberry
from strawberry.federation import Schema

from router import HttpSubgraph, LocalSubgraph, Router
from router.composition import SubgraphDefinition, compose
from router.errors import StartupError
from tests.router.policies.accounts_supergraph import SDL, accounts_supergraph
from tests.router.server.stub_subgraphs import answering


@strawberry.federation.type(keys=["id"])
class User:
    id: strawberry.ID
    name: str

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> User:  # noqa: A002 (name of the key)
        return cls(id=id, name=f"user {id}")


@strawberry.type
class UserQuery:
    @strawberry.field
    def me(self) -> User:
        return User(id=strawberry.ID("1"), name="user 1")


@strawberry.federation.type(name="User", keys=["id"])
class Owner:
    id: strawberry.ID


@strawberry.type
class Task:
    title: str
    owner: Owner


@strawberry.type
class TaskQuery:
    @strawberry.field
    def tasks(self) -> list[Task]:
        return [Task(title=f"task {n}", owner=Owner(id=strawberry.ID(str(n)))) for n in (1, 2)]


async def test_subgraphs_of_this_process_become_one_graph() -> None:
    schemas = {"users": Schema(query=UserQuery), "tasks": Schema(query=TaskQuery)}
    composition = compose(
        [SubgraphDefinition(name, "", schema.as_str()) for name, schema in schemas.items()]
    )
    assert composition.supergraph is not None
    clients = {name: LocalSubgraph(schema) for name, schema in schemas.items()}
    async with Router(composition.supergraph, clients) as router:
        answer = await router.execute("{ me { name } tasks { title owner { name } } }")
    assert answer == {
        "data": {
            "me": {"name": "user 1"},
            "tasks": [
                {"title": "task 1", "owner": {"name": "user 1"}},
                {"title": "task 2", "owner": {"name": "user 2"}},
            ],
        }
    }


async def test_variables_name_and_headers_are_taken() -> None:
    auth = answering(version="1")
    async with Router(SDL, {"auth": auth, "tasks": answering()}) as router:
        answer = await router.execute(
            "query A($on: Boolean!) { version @include(if: $on) } query B { __typename }",
            {"on": True},
            "A",
            {"Authorization": "Bearer x", "X-Request-Id": "r-1"},
        )
        wrong = await router.execute("{ version }", operation_name="C")
    assert answer == {"data": {"version": "1"}}
    sent = dict(auth.requests[0].headers)
    assert (sent["authorization"], sent["x-request-id"]) == ("Bearer x", "r-1")
    assert wrong["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_a_client_for_no_subgraph_is_refused() -> None:
    with pytest.raises(StartupError, match="no subgraph named nobody: the supergraph has auth"):
        Router(accounts_supergraph(), {"nobody": HttpSubgraph("http://nobody.invalid/")})


def test_what_is_no_supergraph_is_refused() -> None:
    with pytest.raises(StartupError):
        Router("type Query { a: Int }")


async def test_running_requests_end_with_the_supergraph_they_began_with() -> None:
    auth = answering(version="1", edition="2")
    auth.delay_s = 0.1
    router = Router(SDL, {"auth": auth, "tasks": answering()})
    async with router, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(router.execute("{ version }"))
        await auth.is_asked.wait()
        await router.replace_supergraph(SDL.replace("version: String", "edition: String"))
        assert running.done()
        assert running.result() == {"data": {"version": "1"}}
        assert await router.execute("{ edition }") == {"data": {"edition": "2"}}
        with pytest.raises(StartupError):
            await router.replace_supergraph("type Query {")
        assert await router.execute("{ edition }") == {"data": {"edition": "2"}}


async def test_equal_operations_at_once_become_one() -> None:
    async with Router(SDL, {"auth": answering(version="1"), "tasks": answering()}) as router:
        answers = await asyncio.gather(*(router.execute("{ version }") for _ in range(20)))
        assert answers == [{"data": {"version": "1"}}] * 20
        assert len(router.pipeline.engine.operations) == 1
