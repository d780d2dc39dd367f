"""Scenarios across both services: who asks whom, and what happens when one of them is down."""

import json

from devstack.stack import Stack
from tests.support.graph_client import Answer, GraphClient, Person
from tests.support.waiting import eventually


async def subgraphs_asked(answer: Answer, log_lines: list[str]) -> list[str]:
    """The subgraphs that the router asked for an answer, from its operation log."""
    request_id = answer.headers["x-request-id"]
    asked: list[str] = []

    async def is_logged() -> bool:
        for line in log_lines:
            if line.startswith("router: {") and request_id in line:
                record = json.loads(line.removeprefix("router: "))
                asked.extend(fetch[0] for fetch in record["fetches"])
                return True
        return False

    await eventually(is_logged, within_s=5)
    return asked


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


async def test_fifty_owners_are_one_request(
    client: GraphClient, alice: Person, log_lines: list[str]
) -> None:
    for number in range(50):
        await client.create_task(alice, f"task {number}")
    with_names = await client.send(
        "{ tasks(first: 50) { nodes { id title owner { id username } } } }",
        token=alice.access_token,
    )
    owners = [node["owner"] for node in with_names.data["tasks"]["nodes"]]
    assert owners == [{"id": alice.id, "username": alice.username}] * 50
    assert await subgraphs_asked(with_names, log_lines) == ["tasks", "auth"]
    ids_only = await client.send(
        "{ tasks(first: 50) { nodes { owner { id } } } }", token=alice.access_token
    )
    assert ids_only.data["tasks"]["nodes"] == [{"owner": {"id": alice.id}}] * 50
    assert await subgraphs_asked(ids_only, log_lines) == ["tasks"]


async def test_a_refused_operation_reaches_no_subgraph(
    client: GraphClient, alice: Person, log_lines: list[str]
) -> None:
    answer = await client.send(
        "{ tasks(first: 100) { nodes { owner { tasks(first: 100) { nodes { id } } } } } }",
        token=alice.access_token,
    )
    assert answer.codes == ["QUERY_TOO_COMPLEX"]
    assert await subgraphs_asked(answer, log_lines) == []


async def test_each_service_answers_for_itself(stack: Stack, client: GraphClient) -> None:
    for port in stack.ports.values():
        live = await client.http.get(f"http://127.0.0.1:{port}/health/live")
        assert live.status_code == 200
