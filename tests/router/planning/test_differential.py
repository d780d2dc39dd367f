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
from tests.router.planning.random_graph_maker import random_graph
from tests.router.planning.random_operations import random_operation, variables_of
from tests.router.planning.world import World
from tests.router.planning.world_subgraphs import Ledger, Truth, WorldSubgraph

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATIONS_PER_GRAPH = 14


class Federation:
    """Subgraphs behind the router, and the truth about them.

    Attributes:
        is_checked: Whether plans are checked before they run.
    """

    def __init__(self, sdl: Mapping[str, str], supergraph: Supergraph) -> None:
        self.sdl = sdl
        self.supergraph = supergraph
        self.planner = Planner(supergraph)
        self.world = World(sdl)
        self.truth = Truth(self.world, supergraph.api_schema)
        self.subgraphs = {name: WorldSubgraph(self.world, name) for name in sdl}
        self.checker = PlanChecker(supergraph, self.world.schemas)
        self.is_checked = True

    async def answer(
        self, operation: str, variables: dict[str, Any], labels: frozenset[str], ledger: Ledger
    ) -> Any:
        document = parse(operation)
        plan = self.planner.plan(document, override_labels=labels)
        self.world.labels = labels
        for subgraph in self.subgraphs.values():
            subgraph.ledger = ledger
        try:
            if self.is_checked:
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
        mistakes = [error for subgraph in self.subgraphs.values() for error in subgraph.mistakes]
        assert not result.errors, (result.errors, mistakes, print_plan(plan))
        return json.loads(result.data)


def make_federation(seed: int) -> Federation | None:
    """None for a graph that does not compose."""
    graph = random_graph(seed)
    return federation_of({name: graph.sdl(name) for name in graph.subgraphs})


def federation_of(sdl: Mapping[str, str]) -> Federation | None:
    """None for subgraphs that do not compose."""
    composition = compose(
        [SubgraphDefinition(name, f"http://{name}", text) for name, text in sdl.items()]
    )
    if composition.supergraph is None:
        return None
    return Federation(sdl, load_supergraph(composition.supergraph))


async def check_graph(seed: int) -> int:
    """Compare some operations; how many."""
    federation = make_federation(seed)
    if federation is None:
        return 0
    return await check_operations(federation, Random(seed), OPERATIONS_PER_GRAPH)


async def check_operations(federation: Federation, random: Random, count: int) -> int:
    """Compare up to so many; how many."""
    compared = 0
    for _ in range(4 * count):
        if compared == count:
            break
        operation = random_operation(federation.supergraph.api_schema, random)
        # Aliases of equal names may clash; such operations are no operations.
        if validate(federation.supergraph.api_schema, parse(operation)):
            continue
        variables = variables_of(operation, federation.supergraph.api_schema, random)
        known = sorted(federation.supergraph.override_labels)
        labels = frozenset(label for label in known if random.random() < 0.5)
        ran: Ledger = []
        received = await federation.answer(operation, variables, labels, ran)
        wanted: Ledger = []
        expected = federation.truth.answer(operation, variables, wanted)
        plan = print_plan(federation.planner.plan(operation, override_labels=labels))
        told = f"{operation}\n{variables} {sorted(labels)}\n{plan}"
        assert received == expected, told
        assert ran == wanted, told
        compared += 1
    return compared


@pytest.mark.parametrize("block", range(2))
async def test_random_operations_are_answered_as_by_one_schema(block: int) -> None:
    compared = sum([await check_graph(5 * block + seed) for seed in range(5)])
    assert compared > 10


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(100))
async def test_thousands_of_random_operations_are_answered_as_by_one_schema(block: int) -> None:
    compared = sum([await check_graph(1000 + 10 * block + seed) for seed in range(10)])
    assert compared > 15
