"""Whatever a subgraph sends, execution gives an answer that keeps the client's types."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from graphql import GraphQLError, execute_sync, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from router.execution import prepare
from router.planning.query_plan import (
    EntityCall,
    Fetch,
    Rename,
    Representation,
    RequiredField,
    TypeCondition,
)
from tests.router.execution.support import Stub, context, plan_of, root, supergraph_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPERGRAPH = supergraph_of("""
    scalar Leaf
    enum State { OPEN DONE }
    union Hit = Task | User
    type Query { tasks: [Task!]  hits: [[Hit!]!]  me: User! }
    type Task { id: Leaf!  state: State!  owner: User  reviewers: [User!]! }
    type User { id: Leaf!  name: Leaf!  size: Size!  label: Leaf }
    type Size { height: Leaf! }
""")
OPERATION = """{
    tasks { id state owner { name size { height } } reviewers { name } }
    hits { __typename ... on Task { id } ... on User { name label } }
    me { id name }
}"""
USER = Representation(("User",), None, (RequiredField("id", "id"),), 1)
PLAN = plan_of(
    root(
        "tasks",
        "{tasks{id state owner{id}reviewers{__typename id}}"
        "hits{__typename ...on Task{id}...on User{id _alias_0:label}}}",
        renames=(Rename(("hits", "@", "@", TypeCondition(("User",))), "_alias_0", "label"),),
    ),
    root("users", "{me{id name}}"),
    Fetch(
        0,
        "users",
        "query($a:[_Any!]!,$b:[_Any!]!){"
        "_e0:_entities(representations:$a){...on User{name size{height}}}"
        "_e1:_entities(representations:$b){...on User{name}}}",
        "query",
        (),
        (
            EntityCall("_e0", "a", (USER,), (("tasks", "@", "owner"),)),
            EntityCall(
                "_e1",
                "b",
                (USER, Representation(("Robot",), None, (), 0)),
                (
                    ("tasks", "@", "reviewers", "@"),
                    ("hits", "@", "@", TypeCondition(("User",))),
                ),
            ),
        ),
        depends_on=(0,),
    ),
)


def reference(key: str) -> dict[str, Any]:
    return {"__typename": "User", "id": key}


def tasks_answer() -> dict[str, Any]:
    tasks = [
        {
            "id": str(index),
            "state": "OPEN",
            "owner": {"id": f"u{index % 2}"},
            "reviewers": [reference("u1"), reference("u2")],
        }
        for index in range(3)
    ]
    hits = [[{"__typename": "Task", "id": "1"}], [{**reference("u3"), "_alias_0": "x"}]]
    return {"data": {"tasks": tasks, "hits": hits}}


def users_answer(variables: dict[str, Any]) -> dict[str, Any]:
    if "a" not in variables:
        return {"data": {"me": {"id": "u9", "name": "Me"}}}
    named = [{"name": "N", "size": {"height": 1}} for _ in variables["a"]]
    return {"data": {"_e0": named, "_e1": [{"name": "N"} for _ in variables["b"]]}}


ODD: list[Any] = [
    None, True, 0, -1.5, 10**30, "", "text", "\ud800", [], {}, [[]], [None], {"id": None},
    {"__typename": None}, {"__typename": ["User"]}, {"__typename": "Robot", "id": 1},
    {"__typename": "User"}, [reference("u1"), 3], {"errors": [{"path": ["tasks", 0]}]},
]  # fmt: skip
ODD_ERRORS: list[Any] = [
    {},
    {"message": None},
    {"message": "m", "path": ["tasks", 1, "owner", "name"]},
    {"message": "m", "path": ["_e0", 0, "size", "height"]},
    {"message": "m", "path": ["_e1", 1]},
    {"message": "m", "path": ["hits", 1, 0, "_alias_0"], "extensions": {"code": "X"}},
    {"message": {"deep": 1}, "path": [[], {}], "extensions": []},
    {"message": "m", "path": ["tasks", 99, {"a": 1}], "locations": 7},
]


def spoil(chance: random.Random, value: Any, rate: float) -> Any:
    """The value with some of its parts replaced, dropped or added."""
    if chance.random() < rate:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {
            key: spoil(chance, item, rate) for key, item in value.items() if chance.random() > rate
        }
    if isinstance(value, list):
        items = [spoil(chance, item, rate) for item in value]
        return [*items, chance.choice(ODD)] if chance.random() < rate else items
    return value


def spoiled(chance: random.Random, answer: dict[str, Any], rate: float) -> bytes:
    spoilt = spoil(chance, answer, rate)
    if isinstance(spoilt, dict) and chance.random() < 0.3:
        spoilt["errors"] = chance.sample(ODD_ERRORS, 2)
    body = json.dumps(spoilt).encode()
    return body[: len(body) // 2] if chance.random() < rate / 4 else body


def assert_keeps_types(data: Any) -> None:
    """The answer, taken as source of the same operation, breaks none of its types."""

    def resolve(source: Any, info: Any, **_: Any) -> Any:
        if not isinstance(source, dict) or info.path.key not in source:
            raise GraphQLError("absent")
        return source[info.path.key]

    result = execute_sync(
        SUPERGRAPH.api_schema,
        parse(OPERATION),
        root_value=data,
        field_resolver=resolve,
        type_resolver=lambda value, *_: value["__typename"],
    )
    assert result.errors is None
    assert result.data == data


class Keeping(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def no_error_logged() -> Iterator[None]:
    """Fail if the router logs an error of its own, and not only the subgraph's."""
    handler = Keeping(logging.ERROR)
    logging.getLogger("router").addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger("router").removeHandler(handler)
    assert handler.records == []


async def execute(answers: dict[str, Stub]) -> tuple[Any, list[dict[str, Any]]]:
    prepared = prepare(SUPERGRAPH, parse(OPERATION), None, PLAN)
    result = await prepared.execute({}, context(), answers)
    json.dumps(result.errors)
    return json.loads(result.data), result.errors


SEEDS = st.integers(0, 2**32)
RATES = st.sampled_from([0.01, 0.03, 0.1, 0.3])


@given(seed=SEEDS, rate=RATES)
@settings(max_examples=120, deadline=None)
def test_no_answer_breaks_the_response(seed: int, rate: float) -> None:
    check_response(seed, rate)


@pytest.mark.nightly
@given(seed=SEEDS, rate=RATES)
@settings(max_examples=5000, deadline=None)
def test_no_answer_breaks_the_response_at_length(seed: int, rate: float) -> None:
    check_response(seed, rate)


def check_response(seed: int, rate: float) -> None:
    chance = random.Random(seed)
    tasks = Stub(lambda _: {})
    users = Stub(lambda _: {})
    tasks._answer = spoiled(chance, tasks_answer(), rate)
    users._answer = lambda request: json.loads(
        json.dumps(spoil(chance, users_answer(request.variables), rate))
    )

    many = patch("router.execution.completion._MANY", chance.choice([1, 100]))
    with many, no_error_logged():
        data, errors = asyncio.run(execute({"tasks": tasks, "users": users}))

    if data is not None:
        assert_keeps_types(data)
    else:
        assert errors
    for error in errors:
        assert_is_for_clients(error, data)


CLIENT_KEYS = {
    "tasks", "id", "state", "owner", "name", "size", "height", "reviewers", "hits", "label", "me",
}  # fmt: skip


def assert_is_for_clients(error: dict[str, Any], data: Any) -> None:
    """An error tells nothing of the plan, and its path ends in the data or at a null."""
    assert error.keys() <= {"message", "path", "extensions"}
    assert isinstance(error["message"], str)
    assert isinstance(error["extensions"]["service"], str)
    if "path" not in error:
        return
    assert error["path"]
    assert all(isinstance(item, int) or item in CLIENT_KEYS for item in error["path"])
    value = data
    for item in error["path"]:
        if value is None:
            break
        value = value[item]


async def test_the_answers_as_they_should_be() -> None:
    data, errors = await execute(
        {"tasks": Stub(tasks_answer()), "users": Stub(lambda asked: users_answer(asked.variables))}
    )

    assert errors == []
    assert data["hits"][1] == [{"__typename": "User", "name": "N", "label": "x"}]
    assert_keeps_types(data)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":{"me":{"id":' + b"[" * 200_000 + b"]" * 200_000 + b',"name":"x"}}}',
        b'{"data":{"me":{"id":1e999,"name":"x"}}}',
        b'{"data":{"me":{"id":' + b"9" * 5000 + b',"name":"x"}}}',
        b'{"data":{"me":{"id":NaN,"name":"x"}}}',
    ],
    ids=["deep nesting", "huge exponent", "huge number", "NaN"],
)
@pytest.mark.parametrize("operation", ["{ me { id name } }", "{ me { name id } }"])
async def test_json_at_its_limits_is_passed_on_or_refused(body: bytes, operation: str) -> None:
    plan = plan_of(root("users", "{me{id name}}"))
    prepared = prepare(SUPERGRAPH, parse(operation), None, plan)

    result = await prepared.execute({}, context(), {"users": Stub(body)})

    json.loads(result.data)
    assert result.errors or result.data != b"null"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\uDE00\ud83d\ude00\ud83dx", "\ufffd\U0001f600\ufffdx"),
        (rb"\\ud83d \\\ud83d", "\\ud83d \\\ufffd"),
    ],
)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
async def test_json_that_only_javascript_takes_is_mended(
    text: bytes, read: str, start: bytes
) -> None:
    plan = plan_of(root("users", "{me{id name}}"))
    prepared = prepare(SUPERGRAPH, parse("{ me { id name } }"), None, plan)
    body = start + b'{"data":{"me":{"id":"1","name":"' + text + b'"}}}'

    result = await prepared.execute({}, context(), {"users": Stub(body)})

    assert json.loads(result.data) == {"me": {"id": "1", "name": read}}
    assert not result.errors
