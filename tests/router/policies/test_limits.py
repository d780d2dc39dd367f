from __future__ import annotations

import pytest

from router.errors import ClientError
from router.pipeline.parse import parse
from router.policies.limits import Limits, check_operation


def check(text: str, **limits: int) -> None:
    parsed = parse(text, None, Limits())
    check_operation(parsed.operation, parsed.fragments, Limits(**limits))  # type: ignore[arg-type]


def refusal(text: str, **limits: int) -> ClientError:
    with pytest.raises(ClientError) as caught:
        check(text, **limits)
    return caught.value


def test_depth_counts_fields_down_to_the_leaf() -> None:
    check("{ a { b { c } } }", max_depth=3)
    error = refusal("{ a { b { c } } }", max_depth=2)
    assert (error.code, error.extensions) == ("QUERY_TOO_DEEP", {"limit": 2, "actual": 3})


def test_fragments_hide_no_depth() -> None:
    text = "{ a { ...F } } fragment F on T { b { ... on T { c } } }"
    assert refusal(text, max_depth=2).extensions["actual"] == 3


def test_introspection_is_not_counted_as_depth() -> None:
    check("{ __schema { types { fields { type { ofType { name } } } } } }", max_depth=2)
    assert refusal("{ a { __schema { b } c { d } } }", max_depth=2).code == "QUERY_TOO_DEEP"


def test_aliases_are_counted_wherever_a_fragment_is_spread() -> None:
    text = "{ x: a { ...F } y: a { ...F } } fragment F on T { p: b q: b }"
    check(text, max_aliases=6)
    error = refusal(text, max_aliases=5)
    assert (error.code, error.extensions["actual"]) == ("TOO_MANY_ALIASES", 6)


def test_root_fields_are_counted_through_fragments_by_response_key() -> None:
    text = "{ a ...F ... { b } } fragment F on Q { c a }"
    check(text, max_root_fields=3)
    assert refusal(text, max_root_fields=2).code == "QUERY_TOO_COMPLEX"


def test_directives_are_counted_on_operation_and_selections() -> None:
    text = "query @x { a @y ... @z { b } }"
    check(text, max_directives=3)
    assert refusal(text, max_directives=2).code == "QUERY_TOO_COMPLEX"


def test_fragments_that_multiply_are_measured_without_expanding_them() -> None:
    doubling = " ".join(f"fragment F{n} on T {{ ...F{n + 1} ...F{n + 1} }}" for n in range(200))
    text = "{ ...F0 } " + doubling + " fragment F200 on T { x: a }"
    error = refusal(text)
    assert error.code == "TOO_MANY_ALIASES"
    assert error.extensions["actual"] == 10**9


def test_cyclic_and_unknown_fragments_end_and_are_left_to_validation() -> None:
    check("{ ...A } fragment A on T { a ...B } fragment B on T { b ...A ...Gone }")


def test_one_credential_mutation_a_request() -> None:
    limits = Limits(single_mutations=frozenset({"login", "register"}))

    def guarded(text: str) -> None:
        parsed = parse(text, None, Limits())
        check_operation(parsed.operation, parsed.fragments, limits)

    guarded("mutation { login other }")
    for text in (
        "mutation { a: login b: login }",
        "mutation { login ...F } fragment F on Mutation { register }",
    ):
        with pytest.raises(ClientError) as caught:
            guarded(text)
        assert caught.value.code == "BATCH_NOT_ALLOWED"
    guarded("query { a: login b: login }")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ a b c d e f }", "QUERY_TOO_COMPLEX"),
        ("{ me {", "GRAPHQL_PARSE_FAILED"),
        ("{ }", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{a" * 3, "GRAPHQL_PARSE_FAILED"),
    ],
)
def test_a_text_is_refused_by_its_tokens_or_its_syntax(text: str, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        parse(text, None, Limits(max_tokens=7))
    assert caught.value.code == code


def test_endless_nesting_and_comments_are_refused_early() -> None:
    with pytest.raises(ClientError) as caught:
        parse("{a" * 7000, None, Limits())
    assert caught.value.code == "QUERY_TOO_DEEP"
    with pytest.raises(ClientError) as caught:
        parse("{ a }" + "#\n" * 20_000, None, Limits())
    assert caught.value.code == "QUERY_TOO_COMPLEX"
