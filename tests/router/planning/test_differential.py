"""The router answers random operations on random graphs as one schema over the same data would."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from graphql import parse, validate

from router.composition import SubgraphDefinition, compose
from router.execution import ExecutionContext, prepare
from router.observations import Observations
from router.planning import Planner, print_plan
from router.supergraph import Supergraph, load_supergraph
from tests.router.planning.plan_checker import PlanChecker
from tests.router.planning.plan_shapes import PlanError
from tests.router.planning.random_graph_maker import LABELS, random_graph
from tests.router.planning.random_operations import random_operation, variables_of
from tests.router.planning.random_subgraphs import Ledger, RandomSubgraph, Truth

if TYPE_CHECKING:
    from tests.router.planning.random_graphs import RandomGraph

OPERATIONS_PER_GRAPH = 16


class Federation:
    """A random graph behind the router, and the truth about it."""

    def __init__(self, graph: RandomGraph, supergraph: Supergraph) -> None:
        self.graph = graph
        self.supergraph = supergraph
        self.planner = Planner(supergraph)
        self.truth = Truth(graph, supergraph.api_schema)
        self.subgraphs = {name: RandomSubgraph(graph, name) for name in graph.subgraphs}
        schemas = {name: subgraph.schema for name, subgraph in self.subgraphs.items()}
        self.checker = PlanChecker(supergraph, schemas)

    async def answer(
        self, operation: str, variables: dict[str, Any], labels: frozenset[str], ledger: Ledger
    ) -> Any:
        document = parse(operation)
        plan = self.planner.plan(document, override_labels=labels)
        for subgraph in self.subgraphs.values():
            subgraph.labels, subgraph.ledger = labels, ledger
        try:
            self.checker.check(plan, document)
        except PlanError as error:
            msg = f"{error}\n{print_plan(plan)}"
            raise AssertionError(msg) from error
        prepared = prepare(self.supergraph, document, None, plan)
        deadline = asyncio.get_running_loop().time() + 10
        context = ExecutionContext((), deadline, "test", Observations("test"))
        try:
            result = await prepared.execute(variables, context, self.subgraphs)
        except Exception as error:
            raise AssertionError(print_plan(plan)) from error
        assert not result.errors, (result.errors, print_plan(plan))
        return json.loads(result.data)


def make_federation(seed: int) -> Federation | None:
    """None for a graph that does not compose."""
    graph = random_graph(seed)
    definitions = [
        SubgraphDefinition(name, f"http://{name}", graph.sdl(name)) for name in graph.subgraphs
    ]
    composition = compose(definitions)
    if composition.supergraph is None:
        return None
    return Federation(graph, load_supergraph(composition.supergraph))


async def check_graph(seed: int) -> int:
    """Compare some operations; how many."""
    federation = make_federation(seed)
    if federation is None:
        return 0
    random = Random(seed)
    compared = 0
    for _ in range(OPERATIONS_PER_GRAPH):
        operation = random_operation(federation.supergraph.api_schema, random)
        # Aliases of equal names may clash; such operations are no operations.
        if validate(federation.supergraph.api_schema, parse(operation)):
            continue
        variables = variables_of(operation, federation.supergraph.api_schema, random)
        labels = frozenset(label for label in LABELS if random.random() < 0.5)
        ran: Ledger = []
        received = await federation.answer(operation, variables, labels, ran)
        wanted: Ledger = []
        expected = federation.truth.answer(operation, variables, wanted)
        plan = print_plan(federation.planner.plan(operation, override_labels=labels))
        told = f"graph {seed}\n{operation}\n{variables} {sorted(labels)}\n{plan}"
        assert received == expected, told
        assert ran == wanted, told
        compared += 1
    return compared


@pytest.mark.parametrize("block", range(4))
async def test_random_operations_are_answered_as_by_one_schema(block: int) -> None:
    compared = sum([await check_graph(5 * block + seed) for seed in range(5)])
    assert compared > 10


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(100))
async def test_thousands_of_random_operations_are_answered_as_by_one_schema(block: int) -> None:
    compared = sum([await check_graph(1000 + 10 * block + seed) for seed in range(10)])
    assert compared > 15
