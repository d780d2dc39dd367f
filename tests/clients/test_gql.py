"""gql, the client library for Python, against the stack."""

from pathlib import Path

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport

from devstack.stack import Stack
from tests.support.graph_client import Person

OPERATIONS = Path(__file__).parents[2] / "schema" / "operations"


def client_of(stack: Stack, person: Person | None = None) -> Client:
    headers = {} if person is None else {"authorization": f"Bearer {person.access_token}"}
    transport = HTTPXAsyncTransport(url=f"{stack.router_url}/graphql", headers=headers)
    return Client(transport=transport, fetch_schema_from_transport=True)


async def test_operations_are_checked_against_the_fetched_schema_and_answered(
    stack: Stack, alice: Person
) -> None:
    create = gql((OPERATIONS / "create-task.graphql").read_text())
    mine = gql((OPERATIONS / "my-tasks.graphql").read_text())
    async with client_of(stack, alice) as session:
        create.variable_values = {"input": {"title": "Read a book"}}
        await session.execute(create)
        answer = await session.execute(mine)
    nodes = answer["me"]["tasks"]["nodes"]
    assert [(n["title"], n["owner"]["username"]) for n in nodes] == [
        ("Read a book", alice.username)
    ]


async def test_errors_carry_their_code(stack: Stack) -> None:
    async with client_of(stack) as session:
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(gql((OPERATIONS / "list-tasks.graphql").read_text()))
    assert caught.value.errors is not None
    assert caught.value.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
