from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema, get_variable_values, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from router.errors import ClientError, InvalidRequestError
from router.pipeline.coerce_variables import compile_coercion

SCHEMA = build_schema(
    """
    scalar Any
    scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time.html")
    enum Color { RED GREEN }
    input Range { from: Int = 1, to: Int! }
    input Filter {
      text: String, colors: [Color!], range: Range = {to: 9}, inner: Filter, flag: Boolean! = true
    }
    input Note { at: DateTime!, inner: Note }
    input Pick @oneOf { id: ID, name: String }
    type Query {
      f(i: Int, f: Float, s: String, b: Boolean, id: ID, c: Color, l: [[Int!]!], r: Range,
        q: Filter, p: Pick, a: Any, d: DateTime,
        n: Note): String
    }
    """
)
TYPES = {
    "i": "Int", "in": "Int!", "f": "Float", "s": "String", "b": "Boolean", "id": "ID", "c": "Color",
    "l": "[[Int!]!]", "r": "Range", "q": "Filter", "p": "Pick", "a": "Any",
}  # fmt: skip


def operation(definition: str) -> Any:
    return parse(f"query({definition}) {{ f }}").definitions[0]


def coerced(definition: str, raw: dict[str, Any]) -> dict[str, Any]:
    return compile_coercion(SCHEMA, operation(definition), hide_suggestions=False)(raw)


def refusals(definition: str, raw: dict[str, Any]) -> list[ClientError]:
    try:
        coerced(definition, raw)
    except InvalidRequestError as refused:
        return list(refused.errors)
    except ClientError as error:
        return [error]
    pytest.fail("the variables were accepted")


def test_defaults_fill_what_is_missing() -> None:
    assert coerced("$i: Int = 3, $s: String", {}) == {"i": 3}
    assert coerced("$i: Int = 3", {"i": None}) == {"i": None}
    assert coerced("$r: Range", {"r": {"to": 5}}) == {"r": {"from": 1, "to": 5}}
    assert coerced("$q: Filter", {"q": {}}) == {"q": {"flag": True, "range": {"from": 1, "to": 9}}}


def test_a_single_value_becomes_a_list() -> None:
    assert coerced("$l: [[Int!]!]", {"l": 3}) == {"l": [[3]]}


def test_every_wrong_variable_is_told() -> None:
    errors = refusals("$i: Int!, $c: Color, $r: Range", {"c": "BLUE", "r": {}})
    assert {error.extensions["argument"] for error in errors} == {"i", "c", "r"}
    assert {error.code for error in errors} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("value", ["2026-12-01T10:00:00", "2026-12-01", "soon", 5, True, ["x"]])
def test_a_date_time_needs_an_offset(value: object) -> None:
    (error,) = refusals("$d: DateTime", {"d": value})
    assert (error.code, error.status) == ("BAD_USER_INPUT", 400)
    assert error.extensions == {"argument": "d"}


@pytest.mark.parametrize(
    "value", ["2026-12-01T10:00:00Z", "2026-12-01t10:00:00.123456+05:30", None]
)
def test_a_date_time_with_an_offset_passes_as_it_is(value: object) -> None:
    assert coerced("$d: DateTime", {"d": value}) == {"d": value}


def test_a_refusal_says_where_and_does_not_repeat_the_whole_input() -> None:
    (late,) = refusals("$n: Note", {"n": {"at": "2026-12-01T10:00:00Z", "inner": {"at": "now"}}})
    assert late.message.startswith("Variable '$n' has invalid value at .inner.at: A DateTime is")
    (unknown,) = refusals("$r: Range", {"r": {"to": 1, "password": "secret"}})
    assert "'password'" in unknown.message
    assert "secret" not in unknown.message
    (misspelled,) = refusals("$r: Range", {"r": {"to": 1, "form": "secret"}})
    assert misspelled.message.endswith("unknown field 'form'. Did you mean 'from'?")
    (null,) = refusals("$r: Range", {"r": {"to": None}})
    assert null.message.endswith("not to be null.")


def test_a_float_that_no_float_can_hold_is_refused() -> None:
    assert coerced("$f: Float", {"f": 2**53}) == {"f": 2**53}
    for value in (2**53 + 1, 10**25 + 1, 10**400):
        (error,) = refusals("$f: Float", {"f": value})
        assert error.code == "BAD_USER_INPUT"


def test_unknown_variables_are_left_out() -> None:
    assert coerced("$i: Int", {"i": 1, "x": 2}) == {"i": 1}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**33), 2**33)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "RED", "BLUE", "7", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["from", "to", "text", "colors", "range", "inner", "flag", "id", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(TYPES)), value=json_values)
def test_the_compiled_way_agrees_with_graphql_core(name: str, value: object) -> None:
    node = operation(f"${name}: {TYPES[name]}")
    reference = get_variable_values(SCHEMA, node.variable_definitions, {name: value})
    coerce = compile_coercion(SCHEMA, node, hide_suggestions=False)
    if isinstance(reference, list):
        with pytest.raises(InvalidRequestError):
            coerce({name: value})
    else:
        assert coerce({name: value}) == reference.coerced
