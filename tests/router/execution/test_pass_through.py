"""A plan of one fetch: the subgraph's bytes are the answer, if they are what they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import parse

from router.execution import DeniedField, prepare
from tests.router.execution.support import Stub, context, plan_of, root, run, supergraph_of

SUPERGRAPH = supergraph_of("""
    scalar JSON
    enum State { OPEN DONE }
    interface Named { name: String }
    type Query { tasks: [Task!]  version: String }
    type Task implements Named {
        name: String  id: ID!  state: State  must: State!
        tags: [String!]  any: JSON  must_any: JSON!
    }
""")
OPERATION = "{ tasks { id state must tags any must_any } }"
GOOD: dict[str, Any] = {
    "id": "1",
    "state": "OPEN",
    "must": "DONE",
    "tags": ["a"],
    "any": {"deep": [1, None]},
    "must_any": 0,
}


def body_of(*tasks: Any) -> bytes:
    """With spaces that only the subgraph's own text has."""
    return json.dumps({"data": {"tasks": list(tasks)}}, indent=1).encode()


async def answer(operation: str, sent: str, body: bytes) -> bytes:
    plan = plan_of(root("tasks", sent))
    prepared = prepare(SUPERGRAPH, parse(operation), None, plan)
    return (await prepared.execute({}, context(), {"tasks": Stub(body)})).data


async def test_a_good_answer_is_passed_on_byte_by_byte() -> None:
    body = body_of(GOOD, {**GOOD, "state": None, "tags": None, "any": None})

    data = await answer(OPERATION, "{tasks{id state must tags any must_any}}", body)

    assert b"\n" in data
    assert data in body


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"id": None}, None),
        ({"state": "SECRET"}, {"state": None}),
        ({"must": "SECRET"}, None),
        ({"tags": ["a", None]}, {"tags": None}),
        ({"tags": "a"}, {"tags": None}),
        ({"must_any": None}, None),
        ({"internal": 1}, {}),
    ],
    ids=str,
)
async def test_an_answer_that_is_not_as_it_should_be_is_projected(
    changed: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    data = await answer(
        OPERATION, "{tasks{id state must tags any must_any}}", body_of({**GOOD, **changed})
    )

    assert json.loads(data) == {"tasks": [{**GOOD, **expected}] if expected is not None else None}


@pytest.mark.parametrize(
    ("operation", "sent", "body", "expected"),
    [
        (
            "{ tasks { title: id } }",
            "{tasks{id title:id}}",
            {"tasks": [{"id": "1", "title": "1"}]},
            {"tasks": [{"title": "1"}]},
        ),
        (
            "{ tasks { id __typename } }",
            "{tasks{id}}",
            {"tasks": [{"id": "1"}]},
            {"tasks": [{"id": "1", "__typename": "Task"}]},
        ),
        (
            "{ __typename version }",
            "{version}",
            {"version": "1"},
            {"__typename": "Query", "version": "1"},
        ),
        (
            "{ version tasks { id } }",
            "{version hidden}",
            {"version": "1"},
            {"version": "1", "tasks": None},
        ),
    ],
)
async def test_what_the_subgraph_was_not_asked_for_is_added_and_the_rest_dropped(
    operation: str, sent: str, body: Any, expected: Any
) -> None:
    assert (
        json.loads(await answer(operation, sent, json.dumps({"data": body}).encode())) == expected
    )


async def test_extensions_and_errors_beside_the_data_are_not_passed_on_as_data() -> None:
    body = json.dumps({"data": {"version": "1"}, "extensions": {"trace": "x"}}).encode()

    assert await answer("{ version }", "{version}", body) == b'{"version":"1"}'


async def test_a_denied_field_is_null_although_the_rest_could_be_passed_on() -> None:
    response = await run(
        SUPERGRAPH,
        "{ tasks { id any } version }",
        plan_of(root("tasks", "{tasks{id}version}")),
        {"tasks": Stub({"data": {"tasks": [{"id": "1"}, {"id": "2"}], "version": "1"}})},
        denied={("Task", "any"): DeniedField("Sign in", {"code": "UNAUTHENTICATED"})},
    )

    assert response == {
        "data": {
            "tasks": [{"id": "1", "any": None}, {"id": "2", "any": None}],
            "version": "1",
        },
        "errors": [
            {
                "message": "Sign in",
                "path": ["tasks", index, "any"],
                "extensions": {"code": "UNAUTHENTICATED"},
            }
            for index in (0, 1)
        ],
    }


async def test_a_denied_field_that_may_not_be_null_takes_its_parent_with_it() -> None:
    response = await run(
        SUPERGRAPH,
        "{ tasks { id } version }",
        plan_of(root("tasks", "{tasks{__typename}version}")),
        {"tasks": Stub({"data": {"tasks": [{"__typename": "Task"}], "version": "1"}})},
        denied={("Task", "id"): DeniedField("No")},
    )

    assert response["data"] == {"tasks": None, "version": "1"}
    assert [error["path"] for error in response["errors"]] == [["tasks", 0, "id"]]


async def test_every_root_field_denied_needs_no_subgraph() -> None:
    response = await run(
        SUPERGRAPH,
        "{ version }",
        plan_of(),
        {},
        denied={("Query", "version"): DeniedField("No")},
    )

    assert response["data"] == {"version": None}
    assert [error["path"] for error in response["errors"]] == [["version"]]
