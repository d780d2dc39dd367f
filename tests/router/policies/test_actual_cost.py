from __future__ import annotations

from typing import Any

import pytest

from router.pipeline.parse import parse
from router.policies.actual_cost import actual_cost
from router.policies.limits import Limits
from tests.router.policies.accounts_supergraph import accounts_supergraph

SUPERGRAPH = accounts_supergraph()


def cost(text: str, data: dict[str, Any] | None) -> float:
    parsed = parse(text, None, Limits())
    return actual_cost(parsed.operation, parsed.fragments, SUPERGRAPH, data)


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("{ version }", {"version": "1"}, 0),
        ("{ me { id } }", {"me": {"id": "1"}}, 1),
        ("{ me { id } }", {"me": None}, 1),
        ("{ me { id } }", None, 0),
        ("{ tasks { nodes { id } } }", {"tasks": {"nodes": []}}, 1),
        ("{ tasks { nodes { id } } }", {"tasks": {"nodes": [{"id": "1"}] * 3}}, 1 + 3),
        (
            "{ tasks { nodes { owner { id } } totalCount } }",
            {"tasks": {"nodes": [{"owner": {"id": "1"}}, {"owner": None}], "totalCount": 2}},
            1 + 2 * 2 + 5,
        ),
        ("{ a: me { id } b: me { id } }", {"a": {"id": "1"}, "b": {"id": "1"}}, 2),
        ('mutation { login(name: "x") }', {"login": "t"}, 50),
        ('mutation { createTask(title: "x") { id } }', {"createTask": None}, 10),
        ("{ __schema { types { name } } }", {"__schema": {"types": [{"name": "A"}] * 9}}, 100),
        ("{ me { ...F } } fragment F on User { friends { id } }", {"me": {"friends": None}}, 2),
        # skipped fields are not in the answer
        ("query($s: Boolean!) { version me @skip(if: $s) { id } }", {"version": "1"}, 0),
    ],
)
def test_the_price_of_an_answer(text: str, data: dict[str, Any] | None, expected: float) -> None:
    assert cost(text, data) == expected


NODES = "{ nodes(ids: []) { %s ... on User { tasks { totalCount } } ... on Task { title } } }"


def test_an_object_counts_as_the_type_it_is() -> None:
    user = {"t": "User", "tasks": {"totalCount": 1}}
    task = {"t": "Task", "title": "x"}
    assert cost(NODES % "t: __typename", {"nodes": [user, task, None]}) == 3 + 6


def test_an_object_that_tells_no_type_counts_as_the_dearest_it_can_be() -> None:
    user, task = {"tasks": {"totalCount": 1}}, {"title": "x"}
    assert cost(NODES % "", {"nodes": [user, task]}) == 2 + 6


def test_nested_interfaces_do_not_multiply_the_work() -> None:
    depth = 40
    text = "{ nodes(ids: []) { " + "... on Task { owner { tasks { nodes { " * depth
    text += "id" + " } } } }" * depth + " } }"
    value: dict[str, Any] = {"id": "1"}
    for _ in range(depth):
        value = {"owner": {"tasks": {"nodes": [value]}}}
    assert cost(text, {"nodes": [value]}) == 1 + 3 * depth
