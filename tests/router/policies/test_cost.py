from __future__ import annotations

from typing import Any

import pytest

from router.errors import ClientError
from router.pipeline.parse import parse
from router.policies.cost import compile_cost
from router.policies.limits import Limits
from tests.router.policies.accounts_supergraph import accounts_supergraph

SUPERGRAPH = accounts_supergraph()


def cost(text: str, **variables: Any) -> float:
    parsed = parse(text, None, Limits())
    return compile_cost(parsed.operation, parsed.fragments, SUPERGRAPH)(variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ version }", 0),
        ("{ me { id username } }", 1),
        ("{ me { __typename } __typename }", 1),
        # the list's size belongs to `nodes`, not to the connection or to its count
        ("{ tasks(first: 5) { nodes { id } totalCount } }", 1 + 5 + 5),
        ("{ tasks { nodes { id } } }", 1 + 20),
        ("{ tasks(first: 3) { nodes { owner { id } } } }", 1 + 3 * 2),
        ("{ me { friends { id } } }", 1 + 7),
        ("{ tasks(first: 0) { nodes { id } } }", 1),
        ("{ tasks(first: -5) { nodes { id } } }", 1),
        ("mutation { createTask(title: 1) { id } }", 10),
        ("mutation { login(name: 1) }", 50),
        ("{ __schema { types { name } } }", 100),
        ("{ nodes(ids: []) { ... on User { tasks(first: 9) { totalCount } } id } }", 1 + 1 + 5),
    ],
)
def test_the_price_of_an_operation(text: str, expected: float) -> None:
    assert cost(text) == expected


def test_a_nested_page_multiplies() -> None:
    text = "{ tasks(first: 100) { nodes { owner { tasks(first: 100) { nodes { id title } } } } } }"
    assert cost(text) == 1 + 100 * (1 + 1 + 1 + 100)


def test_fragments_and_aliases_cost_what_they_expand_to() -> None:
    text = (
        "{ a: me { ...F } b: me { ...F } } fragment F on User { tasks(first: 2) { nodes { id } } }"
    )
    assert cost(text) == 2 * (1 + 1 + 2)


def test_the_same_field_twice_is_paid_once() -> None:
    assert cost("{ me { id } ... { me { username } } }") == 1


def test_variables_decide_the_size() -> None:
    text = "query($n: Int) { tasks(first: $n) { nodes { id } } }"
    assert cost(text, n=7) == 8
    assert cost(text, n=None) == 21
    assert cost(text) == 21


def test_wide_interfaces_do_not_multiply_the_work() -> None:
    deep = "{ nodes(ids: []) { " + "... on Task { owner { tasks { nodes { " * 12
    text = deep + "id" + " } } } }" * 12 + " } }"
    assert cost(text) > 0


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        ("first: 3", {}, 3),
        ("last: $n", {"n": 4}, 4),
        ("first: 3, last: $n", {}, 3),
        ("first: 3, last: 5", {}, None),
        ("first: 3, last: $n", {"n": 4}, None),
        ("after: 3", {}, None),
        ("first: null", {}, None),
        ("first: $n", {}, None),
        ("first: $n", {"n": None}, None),
    ],
)
def test_a_list_that_requires_one_slicing_argument_is_never_of_unknown_size(
    arguments: str, variables: dict[str, Any], expected: int | None
) -> None:
    text = f"query($n: Int) {{ people({arguments}) {{ id }} }}"
    if expected is not None:
        assert cost(text, **variables) == expected
        return
    with pytest.raises(ClientError, match=r"^`Query\.people` needs `first` or `last`"):
        cost(text, **variables)
