"""No other choice of ways makes fewer requests: every combination is tried on small operations."""

from __future__ import annotations

from itertools import product
from math import prod
from random import Random
from typing import TYPE_CHECKING

import pytest
from graphql import parse, validate

from router.planning.choose import Choice
from router.planning.fetch_graph import build_parts
from router.planning.optimize import share_requests
from router.planning.planner import plan_step, steps
from router.planning.response_keys import ResponseKeys
from router.query_graph import QueryGraph
from tests.router.planning.random_operations import random_operation
from tests.router.planning.test_differential import make_federation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.planning.walk_operation import Leaf

MAX_COMBINATIONS = 60


def size_of(leaves: Sequence[Leaf], picks: Sequence[int], keys: ResponseKeys) -> int:
    """Requests when each leaf is read by the alternative with its number."""
    choice = Choice()
    for leaf, pick in sorted(
        zip(leaves, picks, strict=True), key=lambda item: len(item[0].readings)
    ):
        alternatives = leaf.readings
        leaf.readings = [alternatives[pick]]
        choice.add(leaf)
        leaf.readings = alternatives
    return len(share_requests(build_parts(leaves, choice, keys)))


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 6, 10, 13, 15])
def test_no_other_choice_makes_fewer_requests(seed: int) -> None:
    federation = make_federation(seed)
    if federation is None:
        pytest.fail("the seeds are chosen so that the graphs compose")
    schema = federation.supergraph.api_schema
    graph = QueryGraph(federation.supergraph)
    random = Random(seed)
    compared = 0
    for _ in range(10):
        document = random_operation(schema, random)
        if validate(schema, parse(document)):
            continue
        operation = federation.planner.normalize(document)
        for root, selections in steps(operation, graph):
            keys = ResponseKeys(operation)
            step = plan_step(root, selections, keys)
            alternatives = [range(len(leaf.readings)) for leaf in step.leaves]
            if not 1 < prod(map(len, alternatives)) <= MAX_COMBINATIONS:
                continue
            compared += 1
            fewest = min(size_of(step.leaves, picks, keys) for picks in product(*alternatives))
            assert len(step.requests) <= fewest, document
    assert compared
