"""With fields that fail, random operations have the data one schema would have, and say why."""

from __future__ import annotations

import asyncio
import json
import re
from random import Random
from typing import Any

import pytest
from graphql import parse, validate

from router.execution import ExecutionContext, prepare
from router.observations import Observations
from router.planning import print_plan
from tests.router.planning.random_operations import random_operation, variables_of
from tests.router.planning.test_differential import Federation, make_federation

OPERATIONS_PER_GRAPH = 12
_Path = tuple[str | int, ...]


def let_fields_fail(federation: Federation, random: Random) -> None:
    """Some fields fail for some objects: such as nothing else needs."""
    field_sets = re.findall(r'fields?: "([^"]*)"', "".join(federation.sdl.values()))
    needed = set(re.findall(r"\w+", " ".join(field_sets)))
    federation.world.failing = {
        (type_name, name)
        for type_name, name in federation.world.fields()
        if type_name != "Query" and name not in needed and random.random() < 0.5
    }


def first_null(data: Any, path: _Path) -> _Path | None:
    """The part of a path up to where the data are null; None if they are not."""
    value = data
    for end, segment in enumerate(path):
        if value is None:
            return path[:end]
        value = value[segment]
    return path if value is None else None


async def check_graph(seed: int) -> int:
    """Compare some operations; in how many something failed."""
    federation = make_federation(seed)
    if federation is None:
        return 0
    random = Random(seed)
    let_fields_fail(federation, random)
    schema = federation.supergraph.api_schema
    failed = 0
    for _ in range(OPERATIONS_PER_GRAPH):
        operation = random_operation(schema, random)
        if operation.startswith("mutation") or validate(schema, parse(operation)):
            continue
        variables = variables_of(operation, schema, random)
        expected = federation.truth.run(operation, variables, [])
        data, errors, plan = await run(federation, operation, variables)
        told = f"graph {seed}\n{operation}\n{variables}\n{errors}\n{plan}"
        assert data == expected.data, told
        assert all("path" in error for error in errors), told
        paths = {tuple(error["path"]) for error in errors}
        assert all(first_null(data, path) is not None for path in paths), told
        for error in expected.errors or ():
            null = first_null(data, tuple(error.path or ()))
            assert null is not None
            assert any(path[: len(null)] == null for path in paths), (null, told)
        failed += bool(expected.errors)
    return failed


async def run(
    federation: Federation, operation: str, variables: dict[str, Any]
) -> tuple[Any, list[Any], str]:
    document = parse(operation)
    plan = federation.planner.plan(document)
    prepared = prepare(federation.supergraph, document, None, plan)
    deadline = asyncio.get_running_loop().time() + 10
    context = ExecutionContext((), deadline, "test", Observations("test"))
    result = await prepared.execute(variables, context, federation.subgraphs)
    data = None if result.data is None else json.loads(result.data)
    return data, result.errors, print_plan(plan)


async def test_fields_that_fail_are_null_with_an_error() -> None:
    assert sum([await check_graph(seed) for seed in range(6)]) > 2


@pytest.mark.nightly
@pytest.mark.parametrize("block", range(40))
async def test_many_fields_that_fail_are_null_with_an_error(block: int) -> None:
    assert sum([await check_graph(2000 + 10 * block + seed) for seed in range(10)]) > 2
