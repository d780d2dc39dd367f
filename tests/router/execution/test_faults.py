"""What each way of a subgraph to fail does to the answer: only its own places are lost."""

from __future__ import annotations

import json
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from graphql import parse

from router.errors import SubgraphError
from router.execution import SubgraphRequest, prepare
from tests.router.execution.support import (
    Json,
    Stub,
    context,
    entities,
    error_at,
    plan_of,
    root,
    run,
    supergraph_of,
)

SUPERGRAPH = supergraph_of("""
    type Query { tasks: [Task]  me: User  strict: Strict!  count: Int }
    type Task { id: ID!  title: String!  owner: User  reviewer: User! }
    type User { id: ID!  username: String!  email: String }
    type Strict { name: String! }
""")
ENTITIES = "query($representations:[_Any!]!){_entities(representations:$representations){%s}}"


def owners(fields: str = "username", path: str = "tasks.@.owner") -> Any:
    operation = ENTITIES % ("...on User{" + fields + "}")
    return entities("auth", operation, path, "id", types=("User",))


def user(key: str) -> Json:
    return {"__typename": "User", "id": key}


TASKS = Stub(
    {
        "data": {
            "tasks": [
                {"title": "A", "owner": user("u1")},
                {"title": "B", "owner": None},
                {"title": "C", "owner": user("u2")},
                {"title": "D", "owner": user("u1")},
            ]
        }
    }
)
TASK_OF_U1: Json = {"title": "A", "owner": user("u1")}
PLAN = plan_of(root("tasks", "{tasks{title owner{__typename id}}}"), owners())
OPERATION = "{ tasks { title owner { username } } }"
WITHOUT_OWNERS = [{"title": title, "owner": None} for title in "ABCD"]

FAILURES: dict[str, Stub] = {
    "down": Stub(SubgraphError("auth", "unreachable", "connection refused to 10.0.0.7")),
    "slow": Stub(SubgraphError("auth", "timeout", "no answer in time")),
    "bug in the client": Stub(ValueError("secret detail")),
    "500": Stub({"data": None}, status=500),
    "500 with a stack trace": Stub({"errors": [{"message": "at /srv/app.py:12"}]}, status=500),
    "503 HTML": Stub(b"<html>Service Unavailable</html>", status=503, media_type="text/html"),
    "200 HTML": Stub(b"<!doctype html><p>Hello", media_type="text/html"),
    "empty": Stub(b""),
    "cut JSON": Stub(b'{"data":{"_entities":[{"username":"A'),
    "invalid UTF-8": Stub(b'{"data":{"_entities":[{"username":"\xff"}]}}'),
    "a list": Stub(b"[]"),
    "a string": Stub(b'"ok"'),
    "no GraphQL": Stub({"status": "ok"}),
    "null data without errors": Stub({"data": None}),
    "data is a list": Stub({"data": []}),
    "errors are text": Stub({"data": {}, "errors": "oops"}),
    "no entities": Stub({"data": {}}),
    "null entities without errors": Stub({"data": {"_entities": None}}),
    "too few entities": Stub({"data": {"_entities": [{"username": "A"}]}}),
    "too many entities": Stub({"data": {"_entities": [{"username": name} for name in "ABC"]}}),
    "entities are an object": Stub({"data": {"_entities": {"username": "A"}}}),
    "an entity is text": Stub({"data": {"_entities": ["A", {"username": "B"}]}}),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_entity_fetch_is_one_error_and_the_rest_stands(failure: str) -> None:
    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": FAILURES[failure]})

    assert response["data"] == {"tasks": WITHOUT_OWNERS}
    [error] = response["errors"]
    assert error_at(error) == (["tasks", 0, "owner"], "SUBGRAPH_UNAVAILABLE", "auth")
    assert error["message"] == "Subgraph 'auth' is unavailable."


async def test_nothing_is_asked_when_no_time_is_left() -> None:
    request = context()

    def answer_late(_: SubgraphRequest) -> Json:
        request.deadline = monotonic()
        return {"data": {"tasks": [{"title": "A", "owner": user("u1")}]}}

    auth = Stub({})
    prepared = prepare(SUPERGRAPH, parse(OPERATION), None, PLAN)
    result = await prepared.execute({}, request, {"tasks": Stub(answer_late), "auth": auth})

    assert json.loads(result.data) == {"tasks": [{"title": "A", "owner": None}]}
    assert [error_at(error) for error in result.errors] == [
        (["tasks", 0, "owner"], "TIMEOUT", "auth")
    ]
    assert auth.requests == []


async def test_a_failed_root_fetch_leaves_its_fields_null_and_the_other_subgraph_answers() -> None:
    plan = plan_of(root("auth", "{me{username}}"), root("tasks", "{tasks{title}}"))

    response = await run(
        SUPERGRAPH,
        "{ me { username } tasks { title } }",
        plan,
        {"auth": FAILURES["down"], "tasks": TASKS},
    )

    assert response["data"] == {"me": None, "tasks": [{"title": title} for title in "ABCD"]}
    assert [error_at(error) for error in response["errors"]] == [
        (["me"], "SUBGRAPH_UNAVAILABLE", "auth")
    ]


async def test_a_failed_fetch_of_a_required_root_field_nulls_the_data() -> None:
    plan = plan_of(root("auth", "{strict{name}}"), root("tasks", "{count}"))

    response = await run(
        SUPERGRAPH,
        "{ count strict { name } }",
        plan,
        {"auth": FAILURES["down"], "tasks": Stub({"data": {"count": 1}})},
    )

    assert response["data"] is None
    assert [error_at(error) for error in response["errors"]] == [
        (["strict"], "SUBGRAPH_UNAVAILABLE", "auth")
    ]


async def test_a_field_that_can_be_null_keeps_its_entity_when_the_fetch_fails() -> None:
    plan = plan_of(root("tasks", "{tasks{owner{__typename id}}}"), owners("email"))

    response = await run(
        SUPERGRAPH,
        "{ tasks { owner { id email } } }",
        plan,
        {"tasks": TASKS, "auth": FAILURES["500"]},
    )

    assert response["data"]["tasks"][0] == {"owner": {"id": "u1", "email": None}}
    assert response["data"]["tasks"][1] == {"owner": None}
    assert [error_at(error)[0] for error in response["errors"]] == [["tasks", 0, "owner", "email"]]


async def test_null_propagates_to_the_nearest_place_that_may_be_null() -> None:
    tasks = Stub({"data": {"tasks": [{"title": "A", "reviewer": user("u1")}]}})
    plan = plan_of(
        root("tasks", "{tasks{title reviewer{__typename id}}}"),
        owners(path="tasks.@.reviewer"),
    )

    response = await run(
        SUPERGRAPH,
        "{ tasks { title reviewer { username } } }",
        plan,
        {"tasks": tasks, "auth": FAILURES["down"]},
    )

    assert response["data"] == {"tasks": [None]}
    assert [error_at(error)[0] for error in response["errors"]] == [["tasks", 0]]


async def test_an_error_of_an_entity_strikes_every_place_that_shows_it() -> None:
    auth = Stub(
        {
            "data": {"_entities": [None, {"username": "Bea"}]},
            "errors": [
                {
                    "message": "No such user",
                    "path": ["_entities", 0, "username"],
                    "locations": [{"line": 1, "column": 70}],
                    "extensions": {"code": "NOT_FOUND", "hint": "x"},
                }
            ],
        }
    )

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": auth})

    assert [task["owner"] for task in response["data"]["tasks"]] == [
        None,
        None,
        {"username": "Bea"},
        None,
    ]
    assert response["errors"] == [
        {
            "message": "No such user",
            "path": ["tasks", index, "owner", "username"],
            "extensions": {"code": "NOT_FOUND", "hint": "x", "service": "auth"},
        }
        for index in (0, 3)
    ]


async def test_errors_where_nulls_may_stand_leave_the_answer_to_the_quick_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = Stub(
        {
            "errors": [{"message": "locked", "path": ["tasks", 1, "owner"]}],
            "data": {"tasks": [{"owner": user("u1")}, {"owner": None}, {"owner": user("u2")}]},
        }
    )
    auth = Stub(
        {
            "data": {"_entities": [None, {"email": "b@example.org"}]},
            "errors": [{"message": "No such user", "path": ["_entities", 0]}],
        }
    )
    plan = plan_of(root("tasks", "{tasks{owner{__typename id}}}"), owners("email"))
    monkeypatch.setattr("router.execution.trouble.Completion.root", None)

    response = await run(
        SUPERGRAPH, "{ tasks { owner { email } } }", plan, {"tasks": tasks, "auth": auth}
    )

    assert response["data"]["tasks"] == [
        {"owner": {"email": None}},
        {"owner": None},
        {"owner": {"email": "b@example.org"}},
    ]
    assert [(error["message"], error["path"]) for error in response["errors"]] == [
        ("locked", ["tasks", 1, "owner"]),
        ("No such user", ["tasks", 0, "owner"]),
    ]


async def test_an_error_of_a_root_field_keeps_its_path() -> None:
    tasks = Stub(
        {
            "data": {"tasks": [None, {"title": "B"}]},
            "errors": [{"message": "boom", "path": ["tasks", 0, "title"]}],
        }
    )

    response = await run(
        SUPERGRAPH,
        "{ tasks { title } }",
        plan_of(root("tasks", "{tasks{title}}")),
        {"tasks": tasks},
    )

    assert response == {
        "data": {"tasks": [None, {"title": "B"}]},
        "errors": [
            {
                "message": "boom",
                "path": ["tasks", 0, "title"],
                "extensions": {"service": "tasks"},
            }
        ],
    }


async def test_errors_without_data_are_passed_on_at_the_first_place_they_leave_null() -> None:
    auth = Stub({"errors": [{"message": "Bad token", "extensions": {"code": "UNAUTHENTICATED"}}]})

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": auth})

    assert response["data"] == {"tasks": WITHOUT_OWNERS}
    [error] = response["errors"]
    assert error["message"] == "Bad token"
    assert error_at(error) == (["tasks", 0, "owner"], "UNAUTHENTICATED", "auth")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 422])
async def test_errors_are_read_whatever_the_status_below_500(status: int) -> None:
    auth = Stub({"errors": [{"message": "No", "extensions": {"code": "FORBIDDEN"}}]}, status=status)

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": auth})

    assert [error_at(error)[1] for error in response["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize("path", [["_entities"], None], ids=str)
async def test_an_error_of_the_whole_entities_field_stands_at_the_first_place(
    path: list[str] | None,
) -> None:
    auth = Stub(
        {
            "data": {"_entities": None},
            "errors": [{"message": "database is down", "path": path}],
        }
    )

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": auth})

    assert response["data"] == {"tasks": WITHOUT_OWNERS}
    assert [error_at(error)[0] for error in response["errors"]] == [["tasks", 0, "owner"]]


@pytest.mark.parametrize(
    "path",
    [None, [], "tasks", [None], [True], ["_entities", 7], ["_entities", -1], ["other"], [1.5]],
    ids=str,
)
async def test_an_error_without_a_usable_path_is_kept_and_the_data_too(path: object) -> None:
    auth = Stub(
        {
            "data": {"_entities": [{"username": "A"}, {"username": "B"}]},
            "errors": [{"message": "deprecated", "path": path}],
        }
    )

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": auth})

    assert response["data"]["tasks"][0] == {"title": "A", "owner": {"username": "A"}}
    assert response["errors"] == [{"message": "deprecated", "extensions": {"service": "auth"}}]


@pytest.mark.parametrize("path", [None, ["_entities", 7], ["other", 0]], ids=str)
async def test_an_error_that_names_no_place_is_told_at_the_first_null_left_to_it(
    path: list[Any] | None,
) -> None:
    found: Json = {"data": {"_entities": [None, {"username": "B"}]}}
    auth = Stub({**found, "errors": [{"message": "not found", "path": path}]})
    tasks = Stub({"data": {"tasks": [{"title": "C", "owner": user("u2")}, TASK_OF_U1, TASK_OF_U1]}})

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": tasks, "auth": auth})

    assert [task["owner"] for task in response["data"]["tasks"]] == [
        None,
        {"username": "B"},
        {"username": "B"},
    ]
    assert [error_at(error) for error in response["errors"]] == [
        (["tasks", 0, "owner"], None, "auth")
    ]


UNTOLD: dict[str, tuple[Json, Json, list[Any], str]] = {
    "a field left out": (
        {"tasks": [{"title": "A", "owner": user("u1")}], "count": 1},
        {"_entities": [{"username": "A"}]},
        ["tasks", 0, "owner", "email"],
        "Subgraph 'auth' gave no value.",
    ),
    "a root field left out": (
        {"tasks": [{"title": "A", "owner": None}]},
        {},
        ["count"],
        "Subgraph 'tasks' gave no value.",
    ),
}


@pytest.mark.parametrize("case", UNTOLD)
async def test_a_field_that_nobody_has_told_is_null_with_an_error(case: str) -> None:
    tasks, auth, path, message = UNTOLD[case]
    plan = plan_of(
        root("tasks", "{tasks{title owner{__typename id}}count}"), owners("username email")
    )

    response = await run(
        SUPERGRAPH,
        "{ tasks { title owner { username email } } count }",
        plan,
        {"tasks": Stub({"data": tasks}), "auth": Stub({"data": auth})},
    )

    [error] = response["errors"]
    assert (error["path"], error["message"]) == (path, message)


async def test_what_one_subgraph_leaves_out_is_told_when_another_one_fails() -> None:
    plan = plan_of(root("auth", "{me{username}}"), root("tasks", "{strict{name}count}"))

    response = await run(
        SUPERGRAPH,
        "{ me { username } count strict { name } }",
        plan,
        {"auth": FAILURES["down"], "tasks": Stub({"data": {"strict": {}}})},
    )

    assert response["data"] is None
    assert [error_at(error) for error in response["errors"]] == [
        (["me"], "SUBGRAPH_UNAVAILABLE", "auth"),
        (["strict", "name"], "SUBGRAPH_UNAVAILABLE", "tasks"),
        (["count"], "SUBGRAPH_UNAVAILABLE", "tasks"),
    ]


@pytest.mark.parametrize(
    ("owner", "type_of_id", "errors"),
    [
        ({"__typename": "User", "id": None}, "ID", []),
        ({"__typename": "User", "id": None}, "ID!", [["tasks", 0, "owner", "email"]]),
        ({"__typename": "User"}, "ID", [["tasks", 0, "owner", "email"]]),
    ],
    ids=["null", "wrongly null", "absent"],
)
async def test_a_field_behind_a_key_that_may_be_null_is_null_and_else_there_is_an_error(
    owner: Json, type_of_id: str, errors: list[Any]
) -> None:
    supergraph = replace(SUPERGRAPH, field_types={"User": {"id": type_of_id}})
    plan = plan_of(root("tasks", "{tasks{owner{__typename id}}}"), owners("email"))
    tasks = Stub({"data": {"tasks": [{"owner": owner}]}})

    response = await run(
        supergraph, "{ tasks { owner { email } } }", plan, {"tasks": tasks, "auth": Stub({})}
    )

    assert response["data"] == {"tasks": [{"owner": {"email": None}}]}
    assert [error["path"] for error in response.get("errors", [])] == errors


async def test_an_error_that_names_no_place_leaves_a_null_to_the_error_that_does() -> None:
    plan = plan_of(root("tasks", "{tasks{title}me{username}count}"))
    answer = Stub(
        {
            "data": {"tasks": [{"title": "A"}], "me": None, "count": None},
            "errors": [{"message": "first"}, {"message": "second", "path": ["me"]}],
        }
    )

    response = await run(
        SUPERGRAPH, "{ tasks { title } me { username } count }", plan, {"tasks": answer}
    )

    assert {error["message"]: error["path"] for error in response["errors"]} == {
        "first": ["count"],
        "second": ["me"],
    }


async def test_an_entity_that_is_not_found_is_null_and_its_required_fields_are_told() -> None:
    auth = Stub({"data": {"_entities": [None, {"username": "Bea"}]}})

    response = await run(SUPERGRAPH, OPERATION, PLAN, {"tasks": TASKS, "auth": auth})

    assert [task["owner"] for task in response["data"]["tasks"]] == [
        None,
        None,
        {"username": "Bea"},
        None,
    ]
    assert [error_at(error) for error in response["errors"]] == [
        (["tasks", 0, "owner", "username"], "SUBGRAPH_UNAVAILABLE", "auth"),
        (["tasks", 3, "owner", "username"], "SUBGRAPH_UNAVAILABLE", "auth"),
    ]


WRONG_SHAPES: dict[str, tuple[object, object, list[Any]]] = {
    "text for a list": ("oops", None, ["tasks"]),
    "object for a list": ({"title": "A"}, None, ["tasks"]),
    "number for a list": (3, None, ["tasks"]),
    "text for an object": (["A", {"title": "B"}], [None, {"title": "B"}], ["tasks", 0]),
    "list for an object": ([[], {"title": "B"}], [None, {"title": "B"}], ["tasks", 0]),
    "true for an object": ([True], [None], ["tasks", 0]),
    "required field absent": (
        [{}, {"title": "B"}],
        [None, {"title": "B"}],
        ["tasks", 0, "title"],
    ),
    "required field null": (
        [{"title": None}, {"title": "B"}],
        [None, {"title": "B"}],
        ["tasks", 0, "title"],
    ),
}


@pytest.mark.parametrize("shape", WRONG_SHAPES)
async def test_a_wrong_shape_is_null_where_it_stands_and_told(shape: str) -> None:
    sent, expected, path = WRONG_SHAPES[shape]
    tasks = Stub({"data": {"tasks": sent, "count": 5}})

    response = await run(
        SUPERGRAPH,
        "{ tasks { title } count }",
        plan_of(root("tasks", "{tasks{title}count}")),
        {"tasks": tasks},
    )

    assert response["data"] == {"tasks": expected, "count": 5}
    assert [error_at(error) for error in response["errors"]] == [
        (path, "SUBGRAPH_UNAVAILABLE", "tasks")
    ]


async def test_a_fetch_whose_input_never_came_is_not_sent() -> None:
    requires = entities(
        "stats",
        ENTITIES % "...on User{email}",
        "tasks.@.owner",
        "id",
        "username",
        types=("User",),
        after=(1,),
    )
    stats = Stub({"data": {"_entities": []}})
    plan = plan_of(
        root("tasks", "{tasks{title owner{__typename id}}}"), owners("username"), requires
    )

    response = await run(
        SUPERGRAPH,
        "{ tasks { title owner { email } } }",
        plan,
        {"tasks": TASKS, "auth": FAILURES["down"], "stats": stats},
    )

    assert stats.requests == []
    assert response["data"]["tasks"][0] == {"title": "A", "owner": {"email": None}}
    assert [error_at(error) for error in response["errors"]] == [
        (["tasks", 0, "owner"], "SUBGRAPH_UNAVAILABLE", "auth")
    ]


async def test_an_error_of_a_field_the_client_did_not_ask_for_stands_at_its_object() -> None:
    tasks = Stub(
        {
            "data": {"tasks": [{"title": "A", "internal": None}]},
            "errors": [{"message": "boom", "path": ["tasks", 0, "internal", "x"]}],
        }
    )

    response = await run(
        SUPERGRAPH,
        "{ tasks { title } }",
        plan_of(root("tasks", "{tasks{title internal{x}}}")),
        {"tasks": tasks},
    )

    assert response["data"] == {"tasks": [{"title": "A"}]}
    assert response["errors"][0]["path"] == ["tasks", 0]


@pytest.mark.parametrize("path", [["tasks", -1], ["tasks", 10**30, "title"], ["tasks", "title"]])
async def test_a_path_that_leads_nowhere_is_cut_where_it_leaves_the_data(path: list[Any]) -> None:
    response = await run(
        SUPERGRAPH,
        "{ tasks { title } }",
        plan_of(root("tasks", "{tasks{title}}")),
        {
            "tasks": Stub(
                {
                    "data": {"tasks": [{"title": "A"}]},
                    "errors": [{"message": "odd", "path": path}],
                }
            )
        },
    )

    assert response["data"] == {"tasks": [{"title": "A"}]}
    assert [error_at(error)[0] for error in response["errors"]] == [["tasks"]]
