"""Plans as text: a folder for each schema, a pair of files for each operation.

`make snapshots` rewrites the expected plans. Every plan also passes the independent checker.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from graphql import parse, validate

from router.composition import SubgraphDefinition, compose
from router.planning import Planner, print_plan
from router.supergraph import Supergraph, load_supergraph
from tests.router.planning.plan_checker import PlanChecker
from tests.router.planning.served_schema import served_schema

CASES = Path(__file__).parent / "cases"
OPERATIONS = sorted(CASES.glob("*/*.operation"))


@cache
def supergraph_of(folder: Path) -> tuple[Supergraph, PlanChecker]:
    sources = {path.stem: path.read_text() for path in sorted(folder.glob("*.graphql"))}
    composition = compose(
        [SubgraphDefinition(name, f"http://{name}", sdl) for name, sdl in sources.items()]
    )
    assert composition.supergraph is not None, composition.errors
    supergraph = load_supergraph(composition.supergraph)
    schemas = {name: served_schema(sdl) for name, sdl in sources.items()}
    return supergraph, PlanChecker(supergraph, schemas)


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_plan_is_as_expected_and_sound(path: Path) -> None:
    supergraph, checker = supergraph_of(path.parent)
    document = parse(path.read_text())
    assert not validate(supergraph.api_schema, document)
    plan = Planner(supergraph).plan(document)
    checker.check(plan, document)
    text = print_plan(plan)
    expected = path.with_suffix(".plan")
    if os.getenv("UPDATE_SNAPSHOTS"):
        expected.write_text(text)
    assert text == expected.read_text()


def test_no_expected_plan_is_left_over() -> None:
    left_over = {path.with_suffix("") for path in CASES.glob("*/*.plan")} - {
        path.with_suffix("") for path in OPERATIONS
    }
    assert OPERATIONS
    assert not left_over
