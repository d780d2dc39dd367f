"""Scenarios across both services: who asks whom, and what happens when one of them is down."""

from devstack.stack import Stack
from tests.support.graph_client import GraphClient, Person


async def test_owners_come_from_the_other_service(client: GraphClient, alice: Person) -> None:
    titles = [f"task {number}" for number in range(3)]
    for title in titles:
        await client.create_task(alice, title)
    answer = await client.send(
        "{ tasks { nodes { title owner { username } } } }", token=alice.access_token
    )
    assert answer.data == {
        "tasks": {
            "nodes": [
                {"title": title, "owner": {"username": alice.username}}
                for title in reversed(titles)
            ]
        }
    }


async def test_who_am_i_and_what_is_on_my_list(client: GraphClient, alice: Person) -> None:
    operation = """{ me { id username email
      tasks(first: 5) { totalCount nodes { title owner { username } } } } }"""
    empty = await client.send(operation, token=alice.access_token)
    assert empty.data["me"] == {
        "id": alice.id,
        "username": alice.username,
        "email": alice.email,
        "tasks": {"totalCount": 0, "nodes": []},
    }
    await client.create_task(alice, "Buy milk")
    full = await client.send(operation, token=alice.access_token)
    assert full.data["me"]["tasks"] == {
        "totalCount": 1,
        "nodes": [{"title": "Buy milk", "owner": {"username": alice.username}}],
    }


async def test_each_service_answers_for_itself(stack: Stack, client: GraphClient) -> None:
    for port in stack.ports.values():
        live = await client.http.get(f"http://127.0.0.1:{port}/health/live")
        assert live.status_code == 200
