"""The checker notices what would make a plan answer wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from router.planning import Planner
from tests.router.planning.plan_shapes import PlanError
from tests.router.planning.test_cases import CASES, supergraph_of

if TYPE_CHECKING:
    from router.planning.query_plan import QueryPlan
    from tests.router.planning.plan_checker import PlanChecker

OPERATION = "{ products { offer } }"


@pytest.fixture
def checker() -> PlanChecker:
    return supergraph_of(CASES / "requires")[1]


@pytest.fixture
def plan() -> QueryPlan:
    return Planner(supergraph_of(CASES / "requires")[0]).plan(OPERATION)


def changed(plan: QueryPlan, number: int, **changes: object) -> QueryPlan:
    fetches = list(plan.fetches)
    fetches[number] = replace(fetches[number], **changes)  # type: ignore[arg-type]
    return replace(plan, fetches=tuple(fetches))


def test_a_sound_plan_passes(checker: PlanChecker, plan: QueryPlan) -> None:
    checker.check(plan, OPERATION)


def test_a_forgotten_dependency_is_found(checker: PlanChecker, plan: QueryPlan) -> None:
    with pytest.raises(PlanError, match=r"in time|too early"):
        checker.check(changed(plan, 2, depends_on=()), OPERATION)


def test_a_field_that_is_not_fetched_is_found(checker: PlanChecker, plan: QueryPlan) -> None:
    operation = plan.fetches[2].operation.replace("offer", "other:offer")
    with pytest.raises(PlanError, match="not fetched"):
        checker.check(changed(plan, 2, operation=operation), OPERATION)


def test_what_a_subgraph_would_refuse_is_found(checker: PlanChecker, plan: QueryPlan) -> None:
    operation = plan.fetches[0].operation.replace("upc", "nothing")
    with pytest.raises(PlanError, match="refuses"):
        checker.check(changed(plan, 0, operation=operation), OPERATION)


def test_a_representation_without_key_is_found(checker: PlanChecker, plan: QueryPlan) -> None:
    (call,) = plan.fetches[1].entity_calls
    (form,) = call.requires
    keyless = replace(form, selections=form.selections[form.key_count :])
    calls = (replace(call, requires=(keyless,)),)
    with pytest.raises(PlanError, match="cannot resolve"):
        checker.check(changed(plan, 1, entity_calls=calls), OPERATION)
