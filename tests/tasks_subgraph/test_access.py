"""Who may see and change what: tokens, scopes, ownership, also through `_entities`."""

import time
from typing import Any

import pytest

from subgraph_kit.ids import new_id
from tests.support.waiting import eventually
from tests.tasks_subgraph.conftest import Person, StartSubgraph, Subgraph

LIST = "{ tasks { totalCount } }"
ENTITIES = """
query($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename ... on Task { id title } ... on User { id tasks { totalCount } }
  }
}
"""


def codes(answer: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [
        (error["extensions"]["code"], error["extensions"].get("reason"))
        for error in answer["errors"]
    ]


async def test_without_a_good_token_nothing_is_answered_and_the_reason_is_told(
    subgraph: Subgraph,
) -> None:
    user_id = new_id("user")
    long_ago = int(time.time()) - 60
    cases = {
        None: "TOKEN_MISSING",
        "nonsense": "TOKEN_INVALID",
        subgraph.issuer.token(user_id, exp=long_ago, iat=long_ago - 900): "TOKEN_EXPIRED",
        subgraph.issuer.token(user_id, aud="another-api"): "TOKEN_INVALID",
        subgraph.issuer.token(user_id, iss="http://elsewhere"): "TOKEN_INVALID",
        subgraph.issuer.token("no user id"): "TOKEN_INVALID",
    }
    for token, reason in cases.items():
        viewer = None if token is None else Person(user_id, token)
        for operation in (
            LIST,
            '{ task(id: "task_00000000000000000000000000000000") { id } }',
            'mutation { createTask(input: {title: "x"}) { task { id } } }',
        ):
            answer = await subgraph.post(operation, viewer=viewer)
            assert list(answer["data"].values()) == [None]
            assert codes(answer) == [("UNAUTHENTICATED", reason)]
            assert answer["errors"][0]["extensions"]["requestId"]


async def test_a_missing_scope_is_named(subgraph: Subgraph) -> None:
    reader = subgraph.person(scopes="tasks:read")
    writer = subgraph.person(scopes="tasks:write")

    refused = await subgraph.post(
        'mutation { createTask(input: {title: "x"}) { task { id } } }', viewer=reader
    )
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert refused["errors"][0]["extensions"]["requiredScopes"] == [["tasks:write"]]
    refused = await subgraph.post(LIST, viewer=writer)
    assert refused["errors"][0]["extensions"]["requiredScopes"] == [["tasks:read"]]


async def test_foreign_and_missing_tasks_are_one_answer_for_users_and_administrators(
    subgraph: Subgraph,
) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    root = subgraph.person(role="ADMIN", scopes="account tasks:read tasks:write users:write")
    task = await subgraph.create(alice, title="Молоко")
    operation = """
    query($foreign: ID!, $missing: ID!) {
      foreign: task(id: $foreign) { id title }
      missing: task(id: $missing) { id title }
      tasks(filter: {search: "молоко"}) { nodes { id } }
    }
    """
    change = """
    mutation($id: ID!) {
      u: updateTask(input: {id: $id, title: "mine now"}) { task { id } userErrors { code path } }
      d: deleteTask(input: {id: $id}) { deletedTaskId task { id } userErrors { code path } }
      p: deleteTask(input: {id: $id, permanently: true}) {
        deletedTaskId task { id } userErrors { code path } }
      r: restoreTask(input: {id: $id}) { task { id } userErrors { code path } }
    }
    """
    not_found = [{"code": "NOT_FOUND", "path": ["input", "id"]}]
    for viewer in (bob, root):
        variables = {"foreign": task["id"], "missing": new_id("task")}
        assert await subgraph.data(viewer, operation, variables) == {
            "foreign": None, "missing": None, "tasks": {"nodes": []}
        }  # fmt: skip
        foreign = await subgraph.data(viewer, change, {"id": task["id"]})
        assert foreign == await subgraph.data(viewer, change, {"id": new_id("task")})
        assert all(payload["userErrors"] == not_found for payload in foreign.values())
    unchanged = await subgraph.data(alice, "query($id: ID!) { task(id: $id) { title } }", task)
    assert unchanged == {"task": {"title": "Молоко"}}


async def test_a_malformed_id_is_bad_input(subgraph: Subgraph) -> None:
    answer = await subgraph.post('{ task(id: "17") { id } }', viewer=subgraph.person())

    assert answer["data"] == {"task": None}
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer["errors"][0]["extensions"]["argument"] == "id"


async def test_entities_follow_the_same_rules(subgraph: Subgraph) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    mine, foreign = await subgraph.create(alice), await subgraph.create(bob)
    representations = [
        {"__typename": "Task", "id": task_id}
        for task_id in (mine["id"], foreign["id"], new_id("task"), "nonsense", mine["id"])
    ]

    own = {"__typename": "Task", "id": mine["id"], "title": "A task"}
    data = await subgraph.data(alice, ENTITIES, {"representations": representations})
    assert data == {"_entities": [own, None, None, None, own]}

    anonymous = await subgraph.post(ENTITIES, {"representations": representations[:1]})
    assert anonymous["data"] == {"_entities": [None]}
    assert codes(anonymous) == [("UNAUTHENTICATED", "TOKEN_MISSING")]


async def test_the_tasks_of_another_user_are_forbidden_and_the_user_stays(
    subgraph: Subgraph,
) -> None:
    alice, bob = subgraph.person(), subgraph.person()
    representations = [{"__typename": "User", "id": person.id} for person in (alice, bob)]

    answer = await subgraph.post(ENTITIES, {"representations": representations}, viewer=bob)

    assert answer["data"]["_entities"] == [
        {"__typename": "User", "id": alice.id, "tasks": None},
        {"__typename": "User", "id": bob.id, "tasks": {"totalCount": 0}},
    ]
    assert codes(answer) == [("FORBIDDEN", None)]
    assert answer["errors"][0]["path"] == ["_entities", 0, "tasks"]


async def test_an_ended_session_is_refused_within_two_seconds(subgraph: Subgraph) -> None:
    alice = subgraph.person(sid="sess_of_alice")
    assert await subgraph.data(alice, LIST) == {"tasks": {"totalCount": 0}}

    subgraph.issuer.end_sessions(["sess_of_alice"])

    async def is_refused() -> bool:
        answer = await subgraph.post(LIST, viewer=alice)
        return "errors" in answer and codes(answer) == [("UNAUTHENTICATED", "SESSION_ENDED")]

    await eventually(is_refused, within_s=2)
    assert await subgraph.data(subgraph.person(sid="sess_2"), LIST)


async def test_known_keys_go_on_working_while_auth_is_down(subgraph: Subgraph) -> None:
    alice = subgraph.person()
    assert await subgraph.data(alice, LIST)

    subgraph.issuer.is_up = False

    assert await subgraph.data(alice, LIST)
    newcomer = await subgraph.data(subgraph.person(), "{ tasks { nodes { owner { id } } } }")
    assert newcomer == {"tasks": {"nodes": []}}


@pytest.mark.parametrize("is_production", [False, True])
async def test_introspection_is_for_development_and_service_for_routers(
    start_subgraph: StartSubgraph, is_production: bool
) -> None:
    env = "production" if is_production else "development"
    async with start_subgraph(env=env) as subgraph:
        answer = await subgraph.post("{ __schema { queryType { name } } }")
        service = await subgraph.post("{ _service { sdl } }")

    assert ("errors" in answer) is is_production
    assert "type Task" in service["data"]["_service"]["sdl"]


@pytest.mark.parametrize(
    ("operation", "variables", "argument"),
    [
        (
            "mutation($i: CreateTaskInput!) { createTask(input: $i) { task { id } } }",
            {"i": {"title": "x", "dueAt": "2026-12-01T10:00:00"}},
            "i",
        ),
        (
            '{ tasks(filter: {dueAt: {from: "2026-12-01T10:00:00"}}) { totalCount } }',
            {},
            "filter.dueAt.from",
        ),
        (
            'query($t: DateTime = "soon") { tasks(filter: {dueAt: {to: $t}}) { totalCount } }',
            {},
            "t",
        ),
    ],
)
async def test_a_moment_without_an_offset_is_bad_input(
    subgraph: Subgraph, operation: str, variables: dict[str, Any], argument: str
) -> None:
    answer = await subgraph.post(operation, variables, viewer=subgraph.person())

    assert "data" not in answer
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["argument"]) == (
        "BAD_USER_INPUT", argument
    )  # fmt: skip
    assert error["locations"]
