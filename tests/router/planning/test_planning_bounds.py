"""Whatever the operation and the supergraph: a plan or a refusal, in bounded time."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import pytest

from router.planning import Planner, PlanningLimitError
from tests.router.planning.composed import supergraph_of

if TYPE_CHECKING:
    from router.supergraph import Supergraph


@pytest.fixture(scope="module")
def shop() -> Supergraph:
    return supergraph_of(
        catalog="""
            type Query { products: [Product!]! }
            type Product @key(fields: "id") { id: ID! name: String parent: Product }
        """,
        stock='type Product @key(fields: "id") { id: ID! left: Int }',
    )


def test_fragments_that_double_at_each_step_are_planned_at_once(shop: Supergraph) -> None:
    fragments = "".join(
        f"fragment F{number} on Product {{ ...F{number + 1} ...F{number + 1} }} "
        for number in range(60)
    )
    document = f"{{ products {{ ...F0 }} }} {fragments} fragment F60 on Product {{ name left }}"
    started = process_time()
    plan = Planner(shop).plan(document)
    assert process_time() - started < 1
    assert len(plan.fetches) == 2


def test_aliases_that_double_at_each_step_are_refused_in_time(shop: Supergraph) -> None:
    fragments = "".join(
        f"fragment F{number} on Product {{ a: parent {{ ...F{number + 1} }} "
        f"b: parent {{ ...F{number + 1} }} }} "
        for number in range(30)
    )
    document = f"{{ products {{ ...F0 }} }} {fragments} fragment F30 on Product {{ left }}"
    started = process_time()
    with pytest.raises(PlanningLimitError) as caught:
        Planner(shop).plan(document)
    assert process_time() - started < 1
    assert caught.value.code == "QUERY_TOO_COMPLEX"


def test_an_operation_too_deep_is_refused(shop: Supergraph) -> None:
    document = "{ products { " + "parent { " * 120 + "id" + " }" * 120 + " } }"
    with pytest.raises(PlanningLimitError):
        Planner(shop).plan(document)


@pytest.mark.parametrize(("first", "each", "last"), [("... { ", "... { ", "} "), ("...F0", "", "")])
def test_fragments_nested_too_deep_are_refused(
    shop: Supergraph, first: str, each: str, last: str
) -> None:
    chain = "".join(
        f"fragment F{number} on Product {{ ...F{number + 1} }} " for number in range(400)
    )
    inner = first + each * 150 + ("" if first == "...F0" else "id") + last * (151 if last else 0)
    document = f"{{ products {{ {inner} }} }} {chain} fragment F400 on Product {{ id }}"
    with pytest.raises(PlanningLimitError):
        Planner(shop).plan(document)


def test_a_deep_operation_that_changes_subgraph_at_every_step_is_planned_in_time() -> None:
    count = 6
    supergraph = supergraph_of(
        **{
            f"s{number}": f"""
                type Query {{ q{number}: T }}
                type T @key(fields: "id") {{ id: ID! next{number}: T value{number}: Int }}
            """
            for number in range(count)
        }
    )
    selection = "id"
    for step in range(60):
        values = " ".join(f"value{number}" for number in range(count))
        selection = f"{values} next{step % count} {{ {selection} }}"
    planner = Planner(supergraph)
    started = process_time()
    plan = planner.plan(f"{{ q0 {{ {selection} }} }}")
    assert process_time() - started < 1
    assert len(plan.fetches) <= 60 * count


def test_hundreds_of_interface_members_are_planned_in_time() -> None:
    names = [f"T{number}" for number in range(300)]
    supergraph = supergraph_of(
        a="type Query { nodes: [Node] } interface Node { id: ID! }"
        + "".join(
            f'type {name} implements Node @key(fields: "id") {{ id: ID! }}' for name in names
        ),
        b="interface Node { id: ID! x: Int y: Int }"
        + "".join(
            f'type {name} implements Node @key(fields: "id") {{ id: ID! x: Int y: Int }}'
            for name in names
        ),
    )
    planner = Planner(supergraph)
    started = process_time()
    plan = planner.plan("{ nodes { id x y } }")
    assert process_time() - started < 1
    assert len(plan.fetches) == 2
    assert len(plan.fetches[1].entity_calls) == 1


def test_conditions_that_double_at_each_step_are_refused_in_time(shop: Supergraph) -> None:
    count = 30
    variables = ", ".join(f"$c{number}: Boolean!" for number in range(count))
    fragments = "".join(
        f"fragment F{number} on Product {{ ...F{number + 1} @include(if: $c{number}) "
        f"...F{number + 1} @skip(if: $c{number}) }} "
        for number in range(count)
    )
    document = f"query ({variables}) {{ products {{ ...F0 }} }} {fragments}"
    document += f"fragment F{count} on Product {{ name left }}"
    started = process_time()
    with pytest.raises(PlanningLimitError, match="more than 50000 selections"):
        Planner(shop).plan(document)
    assert process_time() - started < 2


def test_a_chain_of_requires_with_a_choice_at_every_step_is_planned_in_time() -> None:
    steps = 20
    subgraphs = {"start": 'type Query { e: E } type E @key(fields: "id") { id: ID! r0: Int }'}
    for step in range(1, steps):
        needed = f"r{step - 1}"
        for choice in "abc":
            subgraphs[f"{choice}{step}"] = f"""
                type E @key(fields: "id") {{
                  id: ID!
                  {needed}: Int @external
                  r{step}: Int @shareable @requires(fields: "{needed}")
                }}
            """
    supergraph = supergraph_of(**subgraphs)
    planner = Planner(supergraph)
    started = process_time()
    plan = planner.plan(f"{{ e {{ r{steps - 1} }} }}")
    assert process_time() - started < 2
    assert len(plan.fetches) == steps


def test_objects_that_every_subgraph_knows_everything_of_are_planned_in_time() -> None:
    names = [f"s{number}" for number in range(50)]
    supergraph = supergraph_of(
        **{
            name: f"""
                type Query {{ node: Node @shareable }}
                type Node @key(fields: "id") {{ id: ID! next: Node @shareable {name}: Int }}
            """
            for name in names
        }
    )
    selection = " ".join(names)
    document = f"{selection} next {{ " * 10 + selection + " }" * 10
    planner = Planner(supergraph)
    started = process_time()
    plan = planner.plan(f"{{ node {{ {document} }} }}")
    assert process_time() - started < 2
    assert len(plan.fetches) == len(names)


def test_thousands_of_fields_are_planned_in_time(shop: Supergraph) -> None:
    document = " ".join(f"a{number}: products {{ name left }}" for number in range(1_600))
    planner = Planner(shop)
    started = process_time()
    plan = planner.plan(f"{{ {document} }}")
    assert process_time() - started < 2
    assert len(plan.fetches) == 2
