"""Leaves: what a subgraph may send for each scalar, however it reaches the client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import parse

from router.execution import prepare
from tests.router.execution.support import (
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
    scalar JSON
    interface Node { id: ID! }
    type Query { thing: Thing  nodes: [Node!]!  strict: Strict! }
    type Thing implements Node {
        id: ID!  int: Int  float: Float  string: String  boolean: Boolean  ints: [Int]  any: JSON
        other: Thing
    }
    type Strict { int: Int! }
""")
ENTITIES = (
    "query($representations:[_Any!]!){_entities(representations:$representations){...on Thing{%s}}}"
)

KEPT: list[tuple[str, Any]] = [
    ("int", 0),
    ("int", 2**31 - 1),
    ("int", -(2**31)),
    ("float", 1),
    ("float", 1.5),
    ("float", 10**30),
    ("string", ""),
    ("boolean", False),
    ("id", "1"),
    ("ints", [1, None]),
    ("any", {"deep": [1, None, "x", {"a": 1.5}]}),
    ("any", 10**30),
]
COERCED: list[tuple[str, Any, Any]] = [("int", 3.0, 3), ("id", 7, "7"), ("id", 10**30, str(10**30))]
REFUSED: list[tuple[str, Any, str]] = [
    ("int", "1", "is not an Int"),
    ("int", 1.5, "is not an Int"),
    ("int", True, "is not an Int"),
    ("int", 2**31, "is not an Int"),
    ("int", [1], "is not an Int"),
    ("float", "1.5", "is not a Float"),
    ("float", False, "is not a Float"),
    ("string", 1, "is not a String"),
    ("string", {"a": 1}, "is not a String"),
    ("boolean", 0, "is not a Boolean"),
    ("boolean", "true", "is not a Boolean"),
]


async def by_way(way: str, field: str, value: Any) -> tuple[Any, list[Any]]:
    """What becomes of a value that is passed through, added to an entity, or projected."""
    if way == "passed through":
        operation = f"{{ thing {{ {field} }} }}"
        plan = plan_of(root("a", f"{{thing{{{field}}}}}"))
        answers = {"a": Stub({"data": {"thing": {field: value}}})}
    elif way == "of an entity":
        operation = f"{{ thing {{ {field} }} }}"
        plan = plan_of(
            root("a", "{thing{__typename any}}"),
            entities("b", ENTITIES % field, "thing", "any", types=("Thing",)),
        )
        answers = {
            "a": Stub({"data": {"thing": {"__typename": "Thing", "any": 1}}}),
            "b": Stub({"data": {"_entities": [{field: value}]}}),
        }
    else:
        operation = f"{{ nodes {{ __typename ... on Thing {{ {field} }} }} }}"
        plan = plan_of(root("a", f"{{nodes{{__typename ...on Thing{{{field}}}}}}}"))
        answers = {"a": Stub({"data": {"nodes": [{"__typename": "Thing", field: value}]}})}
    response = await run(SUPERGRAPH, operation, plan, answers)
    data = response["data"]
    thing = data if data is None else data["thing"] if "thing" in data else data["nodes"][0]
    return thing and thing[field], response.get("errors", [])


WAYS = ["passed through", "of an entity", "projected"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("field", "value"), KEPT, ids=str)
async def test_a_value_of_the_type_is_kept(way: str, field: str, value: Any) -> None:
    assert await by_way(way, field, value) == (value, [])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("field", "value", "expected"), COERCED, ids=str)
async def test_a_value_that_means_one_of_the_type_is_coerced(
    way: str, field: str, value: Any, expected: Any
) -> None:
    found, errors = await by_way(way, field, value)

    assert (found, type(found), errors) == (expected, type(expected), [])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("field", "value", "problem"), REFUSED, ids=str)
async def test_a_value_of_another_type_is_null_and_told(
    way: str, field: str, value: Any, problem: str
) -> None:
    found, [error] = await by_way(way, field, value)

    assert found is None
    assert problem in error["message"]
    assert error["path"][-1] == field
    assert error["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"


async def test_a_wrong_value_of_a_required_field_takes_its_object_with_it() -> None:
    response = await run(
        SUPERGRAPH,
        "{ strict { int } }",
        plan_of(root("a", "{strict{int}}")),
        {"a": Stub({"data": {"strict": {"int": "1"}}})},
    )

    assert response["data"] is None
    assert [error_at(error)[0] for error in response["errors"]] == [["strict", "int"]]


async def test_a_wrong_item_of_a_list_is_told_by_its_index() -> None:
    response = await run(
        SUPERGRAPH,
        "{ thing { ints } }",
        plan_of(root("a", "{thing{ints}}")),
        {"a": Stub({"data": {"thing": {"ints": [1, "2", 3]}}})},
    )

    assert response["data"] == {"thing": {"ints": [1, None, 3]}}
    assert [error_at(error)[0] for error in response["errors"]] == [["thing", "ints", 1]]


async def test_a_key_of_the_wrong_type_is_not_sent_on() -> None:
    b = Stub({"data": {"_entities": []}})
    response = await run(
        SUPERGRAPH,
        "{ thing { id string } }",
        plan_of(
            root("a", "{thing{__typename id}}"),
            entities("b", ENTITIES % "string", "thing", "id", types=("Thing",)),
        ),
        {"a": Stub({"data": {"thing": {"__typename": "Thing", "id": {"a": 1}}}}), "b": b},
    )

    assert b.requests == []
    assert response["data"] == {"thing": None}
    assert [error_at(error)[0] for error in response["errors"]] == [["thing", "id"]]


async def test_a_key_that_another_type_has_under_the_same_name_is_not_taken_for_it() -> None:
    supergraph = supergraph_of("""
        union Hit = Book | Film
        type Query { hits: [Hit] }
        type Book { size: Int }
        type Film { id: ID!  size: Size  minutes: Int }
        type Size { height: Int }
    """)
    minutes = Stub({"data": {"_entities": [{"minutes": 90}]}})
    fetch = entities(
        "b",
        "query($representations:[_Any!]!){_entities(representations:$representations)"
        "{...on Film{minutes}}}",
        "hits.@",
        "size",
        types=("Film",),
    )
    response = await run(
        supergraph,
        "{ hits { ... on Book { size } ... on Film { minutes } } }",
        plan_of(root("a", "{hits{__typename ...on Book{size}...on Film{size{height}}}}"), fetch),
        {
            "a": Stub(
                {
                    "data": {
                        "hits": [
                            {"__typename": "Book", "size": 3},
                            {"__typename": "Film", "size": {"height": 5}},
                        ]
                    }
                }
            ),
            "b": minutes,
        },
    )

    assert minutes.representations() == [{"__typename": "Film", "size": {"height": 5}}]
    assert response == {"data": {"hits": [{"size": 3}, {"minutes": 90}]}}


@pytest.mark.parametrize("depth", [100, 900, 960, 980, 1000, 1100, 5000, 200_000])
@pytest.mark.parametrize("is_passed", [True, False])
async def test_deeply_nested_json_is_passed_on_or_refused_with_an_error(
    depth: int, is_passed: bool
) -> None:
    value = b"[" * depth + b"]" * depth
    fields = "any string" if is_passed else "string any"
    prepared = prepare(
        SUPERGRAPH,
        parse(f"{{ thing {{ {fields} }} }}"),
        None,
        plan_of(root("a", "{thing{any string}}")),
    )
    stub = Stub(b'{"data":{"thing":{"any":' + value + b',"string":"x"}}}')

    result = await prepared.execute({}, context(), {"a": stub})

    if result.errors:
        assert depth > 500
        json.dumps(result.errors)
    else:
        assert value in result.data


async def test_of_a_repeated_key_the_last_value_counts() -> None:
    response = await run(
        SUPERGRAPH,
        "{ thing { string int } }",
        plan_of(root("a", "{thing{int string}}")),
        {"a": Stub(b'{"data":{"thing":{"int":"x","int":2,"string":"a","string":"b"}}}')},
    )

    assert response == {"data": {"thing": {"string": "b", "int": 2}}}
