from __future__ import annotations

import pytest

from router.errors import ClientError
from tests.router.execution.support import (
    Stub,
    entities,
    plan_of,
    root,
    run,
    supergraph_of,
)

TASKS = supergraph_of("""
    type Query { tasks: TaskConnection  me: User  version: String! }
    type TaskConnection { nodes: [Task!]!  totalCount: Int! }
    type Task { id: ID!  title: String!  owner: User  tags: [String!] }
    type User { id: ID!  username: String!  email: String }
""")
TASKS_FETCH = root("tasks", "{tasks{nodes{title owner{__typename id}}}}")
OWNERS_FETCH = entities(
    "auth",
    "query($representations:[_Any!]!){_entities(representations:$representations)"
    "{...on User{username}}}",
    "tasks.nodes.@.owner",
    "id",
    types=("User",),
)
PLAN = plan_of(TASKS_FETCH, OWNERS_FETCH)
OPERATION = "{ tasks { nodes { title owner { username } } } }"


def tasks_of(*owners: str | None) -> Stub:
    nodes = [
        {
            "title": f"Task {index}",
            "owner": owner and {"__typename": "User", "id": owner},
        }
        for index, owner in enumerate(owners)
    ]
    return Stub({"data": {"tasks": {"nodes": nodes}}})


def users() -> Stub:
    return Stub(
        lambda request: {
            "data": {
                "_entities": [
                    {"username": f"name of {item['id']}"}
                    for item in request.variables["representations"]
                ]
            }
        }
    )


async def test_a_field_of_an_entity_comes_from_the_subgraph_that_owns_it() -> None:
    tasks, auth = tasks_of("u1", "u2"), users()

    response = await run(TASKS, OPERATION, PLAN, {"tasks": tasks, "auth": auth})

    assert response == {
        "data": {
            "tasks": {
                "nodes": [
                    {"title": "Task 0", "owner": {"username": "name of u1"}},
                    {"title": "Task 1", "owner": {"username": "name of u2"}},
                ]
            }
        }
    }


async def test_each_entity_is_asked_for_once_with_its_key_only() -> None:
    tasks, auth = tasks_of("u1", "u2", "u1", None, "u1"), users()

    response = await run(TASKS, OPERATION, PLAN, {"tasks": tasks, "auth": auth})

    assert auth.representations() == [
        {"__typename": "User", "id": "u1"},
        {"__typename": "User", "id": "u2"},
    ]
    owners = [node["owner"] for node in response["data"]["tasks"]["nodes"]]
    assert owners == [
        {"username": "name of u1"},
        {"username": "name of u2"},
        {"username": "name of u1"},
        None,
        {"username": "name of u1"},
    ]


async def test_a_fetch_without_representations_is_not_sent() -> None:
    auth = users()

    response = await run(TASKS, OPERATION, PLAN, {"tasks": tasks_of(None), "auth": auth})

    assert auth.requests == []
    assert response["data"]["tasks"]["nodes"][0]["owner"] is None


async def test_entities_far_below_lists_of_lists_are_gathered() -> None:
    """Python limits how deep loops may be nested; a client's operation is nested deeper."""
    depth = 45
    supergraph = supergraph_of("""
        type Query { nodes: [Node] }
        type Node { id: ID!  nodes: [Node]  name: String }
    """)
    selection = "{id}"
    found: dict[str, object] = {"id": "0"}
    for number in range(1, depth):
        selection = f"{{nodes{selection}}}"
        found = {"nodes": [found, None, {"nodes": None}] if number > 1 else [found, {"id": "1"}]}
    plan = plan_of(
        root("a", f"{{nodes{selection}}}"),
        entities(
            "b",
            "query($representations:[_Any!]!){_entities(representations:$representations)"
            "{...on Node{name}}}",
            ".".join(["nodes", "@"] * depth),
            "id",
            types=("Node",),
        ),
    )
    names = Stub({"data": {"_entities": [{"name": "zero"}, {"name": "one"}]}})

    response = await run(
        supergraph,
        f"{{nodes{selection.replace('id', 'name')}}}",
        plan,
        {"a": Stub({"data": {"nodes": [found]}}), "b": names},
    )

    assert [item["id"] for item in names.representations()] == ["0", "1"]
    assert "errors" not in response
    below = response["data"]
    for _ in range(depth - 1):
        below = below["nodes"][0]
    assert below["nodes"] == [{"name": "zero"}, {"name": "one"}]


async def test_a_condition_that_is_null_is_refused() -> None:
    operation = "query ($wanted: Boolean = true) { version @include(if: $wanted) }"
    plan = plan_of(root("tasks", "query($wanted:Boolean=true){version@include(if:$wanted)}"))

    with pytest.raises(ClientError, match=r"\$wanted") as refused:
        await run(TASKS, operation, plan, {"tasks": tasks_of()}, {"wanted": None})

    assert refused.value.code == "BAD_USER_INPUT"
