"""Random operations on random graphs of which some fields may not be read.

What is denied is null with an error wherever it stands, whichever way it is asked for: by its
object type, an interface, a union's member, a fragment, under another name. All the rest is
answered as one schema would that raises an error there.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLError,
    GraphQLObjectType,
    get_named_type,
    parse,
    validate,
)

from router.execution import ExecutionContext, prepare
from router.observations import Observations
from router.planning import Planner, print_plan
from router.policies.authorization import deny, guards_of, refusals
from router.policies.identity import ANONYMOUS
from router.supergraph import SecurityRequirement
from tests.router.planning.random_operations import random_operation, variables_of
from tests.router.planning.test_differential import make_federation
from tests.router.planning.world_subgraphs import Truth

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo, GraphQLSchema

    from tests.router.planning.test_differential import Federation
    from tests.router.planning.world import JsonObject, Thing, World
    from tests.router.planning.world_subgraphs import Ledger

OPERATIONS_PER_GRAPH = 16
LOGGED_IN = SecurityRequirement(authenticated=True)

Protected = dict[Any, SecurityRequirement]


class PartialTruth(Truth):
    """The whole graph as one schema whose protected fields raise."""

    def __init__(self, world: World, schema: GraphQLSchema, protected: Protected) -> None:
        super().__init__(world, schema)
        self._protected = protected

    def partial_answer(
        self, operation: str, variables: JsonObject, ledger: Ledger
    ) -> tuple[Any, set[str]]:
        """Data, and the places of the errors."""
        result = self.run(operation, variables, ledger)
        return result.data, {str(error.path) for error in result.errors or ()}

    def _resolve(self, thing: Thing, info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
        parent, name = info.parent_type.name, info.field_name
        returned = get_named_type(info.return_type).name
        if not self._protected.keys().isdisjoint([parent, (parent, name), returned]):
            msg = "denied"
            raise GraphQLError(msg)
        return super()._resolve(thing, info, **arguments)


def protect(federation: Federation, random: Random) -> Protected:
    """Some fields of object types, and some types."""
    protected: Protected = {}
    for declared in federation.supergraph.api_schema.type_map.values():
        if not isinstance(declared, GraphQLObjectType) or declared.name.startswith("__"):
            continue
        if declared.name not in ("Query", "Mutation") and random.random() < 0.1:
            protected[declared.name] = LOGGED_IN
        for name in declared.fields:
            if random.random() < 0.15:
                protected[declared.name, name] = LOGGED_IN
    return protected


async def answer(
    federation: Federation, operation: str, variables: JsonObject, ledger: Ledger
) -> tuple[Any, set[str], str]:
    supergraph = federation.supergraph
    document = parse(operation)
    guards = guards_of(document, supergraph)
    denial = deny(
        document, guards, refusals(guards, ANONYMOUS, frozenset()), ANONYMOUS.problem, supergraph
    )
    plan = federation.planner.plan(denial.document)
    for subgraph in federation.subgraphs.values():
        subgraph.ledger = ledger
    prepared = prepare(supergraph, document, None, plan, denied=denial.fields)
    deadline = asyncio.get_running_loop().time() + 10
    context = ExecutionContext((), deadline, "test", Observations("test"))
    result = await prepared.execute(variables, context, federation.subgraphs)
    paths = {str(error["path"]) for error in result.errors}
    return json.loads(result.data), paths, print_plan(plan)


async def check_graph(seed: int) -> int:
    """Compare some operations; how many hold something denied."""
    federation = make_federation(seed)
    if federation is None:
        return 0
    random = Random(seed)
    protected = protect(federation, random)
    federation.supergraph = replace(federation.supergraph, security=protected)
    federation.planner = Planner(federation.supergraph)
    schema = federation.supergraph.api_schema
    truth = PartialTruth(federation.world, schema, protected)
    compared = 0
    for _ in range(OPERATIONS_PER_GRAPH):
        operation = random_operation(schema, random)
        if validate(schema, parse(operation)):
            continue
        variables = variables_of(operation, schema, random)
        ran: Ledger = []
        received, places, plan = await answer(federation, operation, variables, ran)
        wanted: Ledger = []
        expected, denied = truth.partial_answer(operation, variables, wanted)
        told = f"graph {seed}\n{operation}\n{variables} {list(protected)}\n{plan}"
        assert received == expected, told
        # One schema runs no further mutation once `data` is null; a fetch runs all that it holds.
        assert ran == wanted or expected is None, told
        assert denied <= places, (denied - places, told)
        compared += bool(denied)
    return compared


async def test_what_is_denied_is_denied_in_every_way_of_asking() -> None:
    assert sum([await check_graph(seed) for seed in (5, 7)]) > 5


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(20))
async def test_what_is_denied_in_thousands_of_operations(block: int) -> None:
    assert sum([await check_graph(1000 + 10 * block + seed) for seed in range(10)]) > 5
