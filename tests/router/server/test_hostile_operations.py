"""Operations that were made to be larger than they look, or to be run more often than they may."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from typing import Any

import pytest

from router import Router, RouterOptions
from router.policies.limits import Limits
from router.policies.rate_limit import Rate, RateLimits
from router.telemetry.operation_log import LineWriter, OperationLog
from tests.router.server.hostile_support import SUPERGRAPH, codes, router
from tests.router.server.stub_subgraphs import answering
from tests.support.asgi import running

PERSISTED: list[Any] = [
    5,
    "x",
    [],
    {},
    {"version": 1},
    {"version": 1, "sha256Hash": 5},
    {"version": 1, "sha256Hash": None},
    {"version": "1", "sha256Hash": "0" * 64},
    {"version": 1, "sha256Hash": "0" * 64},
    {"version": 1, "sha256Hash": ""},
    {"version": 1, "sha256Hash": "../../etc/passwd"},
    {"version": 1, "sha256Hash": {"$ne": ""}},
]


@pytest.mark.parametrize("persisted", PERSISTED)
@pytest.mark.parametrize("query", [None, "{ me { id } }"])
async def test_a_wrong_hash_never_runs_another_operation(query: str | None, persisted: Any) -> None:
    body = {"query": query, "extensions": {"persistedQuery": persisted}}
    async with running(router()) as client:
        response = await client.post("/graphql", json=body)
    assert "data" not in response.json()
    assert codes(response)[0] in (
        "BAD_REQUEST",
        "PERSISTED_QUERY_NOT_FOUND",
        "PERSISTED_QUERY_NOT_SUPPORTED",
    )


LOGIN = 'login(name: "x")'


@pytest.mark.parametrize(
    "query",
    [
        f"mutation {{ a: {LOGIN} b: {LOGIN} }}",
        f"mutation {{ a: {LOGIN} ...F }} fragment F on Mutation {{ b: {LOGIN} }}",
        (
            f"mutation {{ ...F ...G }} fragment F on Mutation {{ {LOGIN} }} "
            f"fragment G on Mutation {{ ... {{ ... on Mutation {{ g: {LOGIN} }} }} }}"
        ),
        f"mutation {{ a: {LOGIN} b: {LOGIN} @skip(if: true) }}",
        f"mutation($no: Boolean! = false) {{ a: {LOGIN} b: {LOGIN} @include(if: $no) }}",
    ],
)
async def test_one_request_holds_one_credential_mutation(query: str) -> None:
    auth = answering(login="t")
    limits = Limits(single_mutations=frozenset({"login"}))
    async with running(router(auth, limits=limits)) as client:
        plain = await client.post("/graphql", json={"query": query})
    assert codes(plain) == ["BATCH_NOT_ALLOWED"]
    assert auth.requests == []


async def test_nor_does_a_batch_of_persisted_ones() -> None:
    auth = answering(login="t")
    limits = Limits(single_mutations=frozenset({"login"}))
    async with running(router(auth, limits=limits, http={"max_batch": 5})) as client:
        parts = [{"query": f"mutation {{ a{number}: {LOGIN} }}"} for number in range(3)]
        response = await client.post("/graphql", json=parts)
    first, *others = response.json()
    assert "errors" not in first or first["errors"][0]["extensions"]["code"] != "BATCH_NOT_ALLOWED"
    assert [other["errors"][0]["extensions"]["code"] for other in others] == (
        ["BATCH_NOT_ALLOWED"] * 2
    )
    assert len(auth.requests) == 1


async def test_a_batch_costs_what_its_operations_cost_together() -> None:
    auth, limits = answering(me=None), Limits(max_cost=25)
    async with running(router(auth, limits=limits, http={"max_batch": 5})) as client:
        part = {"query": "query($n: Int) { me { friends(first: $n) { id } } }"}
        response = await client.post("/graphql", json=[{**part, "variables": {"n": 10}}] * 3)
    found = [answer.get("errors", [{"extensions": {"code": ""}}])[0] for answer in response.json()]
    assert [error["extensions"]["code"] for error in found] == ["", "", "QUERY_TOO_COMPLEX"]
    assert found[2]["extensions"]["actual"] == 33


@pytest.mark.parametrize(
    "calls",
    [
        [f"mutation {{ a: {LOGIN} b: {LOGIN} c: {LOGIN} }}"],
        [f"mutation {{ a: {LOGIN} ...F }} fragment F on Mutation {{ b: {LOGIN} c: {LOGIN} }}"],
        [f"mutation {{ a: {LOGIN} b: {LOGIN} }}", f"mutation X {{ {LOGIN} }}"],
        [f"mutation {{ {LOGIN} }}"] * 3,
    ],
)
@pytest.mark.parametrize("how", ["alone", "batch", "persisted"])
async def test_a_limited_field_is_counted_however_it_is_called(calls: list[str], how: str) -> None:
    limits = RateLimits(anonymous=None, user=None, fields={"Mutation.login": Rate(2, 60)})
    parts: list[Any] = [{"query": call} for call in calls]
    if how == "persisted":
        for part in parts:
            digest = sha256(part["query"].encode()).hexdigest()
            part["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    async with running(router(rate_limits=limits, http={"max_batch": 9})) as client:
        bodies = [parts] if how == "batch" else parts
        answers = [(await client.post("/graphql", json=body)).text for body in bodies]
    assert "RATE_LIMITED" in answers[-1]


@pytest.mark.parametrize("depth", [50, 400, 900, 5000, 200_000])
async def test_deeply_nested_variables_are_answered(depth: int) -> None:
    variables = "[" * depth + "]" * depth
    for query in (
        "query($f: TaskFilter) { tasks(filter: $f) { totalCount } }",
        "query($i: [ID!]!) { nodes(ids: $i) { id } }",
        "{ version }",
    ):
        body = f'{{"query": {json.dumps(query)}, "variables": {{"f": {variables}, "i": 1}}}}'
        async with running(router()) as client:
            response = await client.post(
                "/graphql", content=body, headers={"content-type": "application/json"}
            )
        assert response.status_code in (200, 400)
        assert "INTERNAL_SERVER_ERROR" not in response.text


NESTED = "type { fields { " * 6 + "name" + " } }" * 6


@pytest.mark.parametrize(
    "query",
    [
        f"{{ __schema {{ types {{ fields {{ {NESTED} }} }} }} }}",
        f'{{ __type(name: "Query") {{ fields {{ {NESTED} }} }} }}',
        (
            "{ __schema { types { ...T } } } fragment T on __Type { fields { type { ...U } } } "
            "fragment U on __Type { fields { type { ...V } } } "
            "fragment V on __Type { fields { type { fields { name } } } }"
        ),
        "{ __schema { types { possibleTypes { possibleTypes { possibleTypes { name } } } } } }",
        "{ __schema { types { interfaces { interfaces { interfaces { name } } } } } }",
    ],
)
async def test_introspection_does_not_multiply(query: str) -> None:
    async with running(router()) as client:
        response = await client.post("/graphql", json={"query": query})
    assert codes(response) == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize(
    "query",
    [
        "{ me { ...F } } fragment F on User { ...F }",
        "{ me { ...F } } fragment F on User { id ...G } fragment G on User { id ...F }",
        "{ me { ...F } } fragment F on User { friends { ...F } }",
        "{ version " + "@include(if: true) " * 600 + "}",
        "{ " + "version @include(if: true) " * 600 + "}",
        "{ " + "me { id } " * 3700 + "}",
        "{ " + "...F " * 3000 + "} fragment F on Query { ...G } fragment G on Query { version }",
        "query(" + " ".join(f"$v{n}: Int" for n in range(3000)) + ") { version }",
        "{ " + " ".join(f"a{n}: version" for n in range(1000)) + " }",
        "{ nodes(ids: [" + "1 " * 14_000 + "]) { id } }",
    ],
)
async def test_overloaded_documents_are_answered_in_time(query: str) -> None:
    async with running(router(timeout_s=20)) as client:
        response = await client.post("/graphql", json={"query": query})
    assert response.status_code == 200
    assert not {"TIMEOUT", "INTERNAL_SERVER_ERROR"} & set(
        codes(response) if "errors" in response.json() else []
    )


@pytest.mark.parametrize(
    "query", ["{ nothing { at } all }", "{ me {", "{ ...F } fragment F on Query { ...F }"]
)
async def test_what_is_wrong_with_an_operation_is_found_once(query: str) -> None:
    served = router()
    async with running(served) as client:
        responses = [
            await client.post("/graphql", json={"query": query}, headers={"x-request-id": name})
            for name in ("first", "second")
        ]
        assert len(served.pipeline.engine.refused) == 1
    first, second = (response.text for response in responses)
    assert first.count("first") == second.count("second") > 0
    assert first.replace('"first"', '"second"') == second


async def test_operations_are_remembered_up_to_two_megabytes_of_text() -> None:
    served = router()
    known = served.pipeline.engine.operations
    async with running(served) as client:
        for number in range(9):
            query = f"{{ a{number}: version }}" + "\n" * 300_000
            assert (await client.post("/graphql", json={"query": query})).status_code == 200
    assert len(known) == 6
    assert known._weight <= 2 * 2**20


async def test_an_operation_weighs_what_its_fragments_make_of_it() -> None:
    served = router()
    fragments = "fragment F on User { id username } " + "fragment G on User {" + "...F " * 50 + "}"
    async with running(served) as client:
        for number in range(3):
            query = f"query Q{number} {{ {'me {...G} ' * 80} }} {fragments}"
            assert "data" in (await client.post("/graphql", json={"query": query})).json()
    weights = [
        operation.weight for operation, _ in served.pipeline.engine.operations._items.values()
    ]
    assert weights == [20 * 80 * 101] * 3


async def test_a_name_without_end_fills_no_log() -> None:
    lines = io.BytesIO()
    log = OperationLog(LineWriter(lines), "json")
    served = Router(SUPERGRAPH, {"auth": answering(version="1")}, RouterOptions(operation_log=log))
    name = "Q" * 100_000
    body = {"query": f"query A {{ version }} query {name} {{ version }}", "operationName": name}
    async with running(served) as client:
        response = await client.post("/graphql", json=body)
        assert response.json() == {"data": {"version": "1"}}
        log._writer.flush()
    assert b'"operation":"QQQ' in lines.getvalue()
    assert len(lines.getvalue()) < 1000


@pytest.mark.parametrize("part", ["query", "operationName"])
async def test_refusals_are_remembered_up_to_a_megabyte_of_what_was_sent(part: str) -> None:
    served = router()
    refused = served.pipeline.engine.refused
    async with running(served) as client:
        for number in range(9):
            body = {"query": "{ version }", part: f"n{number}" + "\n" * 300_000}
            assert "errors" in (await client.post("/graphql", json=body)).json()
    assert len(refused) == 3


async def test_places_are_told_of_few_errors_in_a_text_of_many_lines() -> None:
    """Each place is found by counting lines from the start of the text."""
    blank = "\n" * 500_000
    fields = " ".join(f"none{number}" for number in range(20))
    async with running(router()) as client:
        response = await client.post("/graphql", json={"query": f"{{ {blank} {fields} }}"})
    first, _ = response.json()["errors"]
    assert first["locations"] == [{"line": 500_001, "column": 2}]


def nested_pages(size: str) -> str:
    page = f"tasks(first: {size}) {{ nodes {{ owner {{ "
    return page * 3 + "id" + " } } }" * 3


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f"{{ {nested_pages('100')} }}", {}),
        (f"query($n: Int) {{ {nested_pages('$n')} }}", {"n": 100}),
        (f"query($n: Int = 100) {{ {nested_pages('$n')} }}", {}),
        (f"query($n: Int = 1) {{ {nested_pages('$n')} }}", {"n": 2**31 - 1}),
        (
            f"query($n: Int) {{ ...F }} fragment F on Query {{ ... {{ {nested_pages('$n')} }} }}",
            {"n": 100},
        ),
        (f"query($n: Int) {{ a: version {nested_pages('$n')} }}", {"n": 100}),
        (
            f"query($n: Int) {{ {nested_pages('$n').replace(')', ') @skip(if: true)', 1)} }}",
            {"n": 100},
        ),
    ],
)
async def test_cost_cannot_be_hidden(query: str, variables: dict[str, Any]) -> None:
    tasks_limits = Limits(max_cost=2000)
    async with running(router(limits=tasks_limits)) as client:
        response = await client.post("/graphql", json={"query": query, "variables": variables})
    assert codes(response) == ["QUERY_TOO_COMPLEX"]
