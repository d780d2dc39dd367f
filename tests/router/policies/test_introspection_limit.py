from __future__ import annotations

import pytest
from graphql import build_schema, get_introspection_query

from router.errors import ClientError
from router.pipeline.parse import parse
from router.policies.introspection_limit import IntrospectionLimit
from router.policies.limits import Limits

TYPES = 300
SCHEMA = build_schema(
    "type Query {"
    + " ".join(f"f{n}(a: Int, b: Int): T{n}" for n in range(TYPES))
    + "} "
    + " ".join(
        f"type T{n} {{ "
        + " ".join(f"g{m}(a: Int, b: String): T{(n + m * 7) % TYPES}" for m in range(12))
        + " }"
        for n in range(TYPES)
    )
)
LIMIT = IntrospectionLimit(SCHEMA)


def check(text: str) -> None:
    parsed = parse(text, None, Limits(max_tokens=None))
    LIMIT.check(parsed.operation, parsed.fragments)


def aliased(count: int, field: str) -> str:
    return "{ " + " ".join(f"a{number}: {field}" for number in range(count)) + " }"


NAMES = "{ fields { name } }"
NESTED = "{ fields { args { name } type { fields { name args { name type { name } } } } } }"
DOUBLING = "{ ...F0 } " + " ".join(
    f"fragment F{n} on Query {{ ...F{n + 1} x{n}: __typename ...F{n + 1} }}" for n in range(40)
)


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(specified_by_url=True, input_value_deprecation=True),
        "{ __typename }",
        "{ a: __schema { types { name } } b: __schema { types { kind } } }",
        f'{{ __type(name: "T1") {NESTED} }}',
        f'{{ __type(name: "Query") {NESTED} }}',
        aliased(200, f'__type(name: "T1") {NAMES}'),
        "{ f1 { g1 { g2 { g3 { __typename } } } } }",
        DOUBLING + "fragment F40 on Query { __typename }",
    ],
)
def test_what_tools_ask_for_is_answered(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{{ __schema {{ types {NESTED} }} }}",
        (
            f"{{ ...R }} fragment R on Query {{ __schema {{ types {{ ...T }} }} }} "
            f"fragment T on __Type {NESTED}"
        ),
        aliased(100, f"__schema {{ types {NAMES} }}"),
        aliased(100, f'__type(name: "Query") {NESTED}'),
        aliased(50, f"__schema {{ queryType {NESTED} }}"),
        DOUBLING + f"fragment F40 on Query {{ __schema {{ types {NAMES} }} }}",
    ],
)
def test_what_multiplies_is_refused(text: str) -> None:
    with pytest.raises(ClientError, match="too much of the schema") as caught:
        check(text)
    assert caught.value.code == "QUERY_TOO_COMPLEX"
    assert caught.value.extensions["actual"] > caught.value.extensions["limit"]
