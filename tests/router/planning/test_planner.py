"""What the planner promises beside the plans themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from router.errors import ClientError
from router.planning import Planner, UnplannableError, print_plan
from router.planning.plan_mermaid import plan_mermaid
from router.planning.products import (
    print_fetch_graph,
    print_graph,
    print_operation_normalized,
    print_paths,
)
from router.supergraph import Supergraph, load_supergraph
from tests.router.planning.composed import supergraph_of


@pytest.fixture(scope="module")
def shop() -> Supergraph:
    return supergraph_of(
        catalog="""
            type Query { products: [Product!]! node: Node }
            interface Node { id: ID! }
            type Product implements Node @key(fields: "id") { id: ID! name: String parent: Product }
        """,
        stock='type Product @key(fields: "id") { id: ID! left: Int price(currency: String): Int }',
    )


def test_a_request_is_not_saved_by_reading_a_key_that_may_be_null() -> None:
    supergraph = supergraph_of(
        a="""
            type Query { post: Post @provides(fields: "topic { title }") }
            type Post @key(fields: "id") { id: ID! topic: Topic @external }
            type Topic @key(fields: "id") { id: ID! @external title: String @external }
        """,
        b="""
            type Post @key(fields: "id") { id: ID! topic: Topic @shareable }
            type Topic @key(fields: "id") { id: ID! title: String @shareable }
        """,
        c='type Topic @key(fields: "id") { id: ID! posts: Int }',
    )

    plan = Planner(supergraph).plan("{ post { topic { title posts } } }")

    assert [fetch.subgraph for fetch in plan.fetches] == ["a", "b", "c"]
    assert "{post{id}}" in plan.fetches[0].operation


def test_a_field_that_nobody_can_answer_is_a_client_error() -> None:
    supergraph = supergraph_of(
        a="""
            type Query { node: Node }
            interface Node @key(fields: "id") { id: ID! }
        """,
        b="""
            type Query { other: Node }
            type Node @interfaceObject @key(fields: "id", resolvable: false) { id: ID! field: Int }
        """,
    )
    with pytest.raises(UnplannableError) as caught:
        Planner(supergraph).plan("{ n: node { id field } }")
    assert caught.value.code == "OPERATION_NOT_PLANNABLE"
    assert caught.value.message == "No subgraph can answer 'Node.field' at 'n.field'."


def test_introspection_and_the_root_typename_need_no_fetch(shop: Supergraph) -> None:
    plan = Planner(shop).plan(
        '{ __typename __schema { types { name } } __type(name: "A") { name } }'
    )
    assert plan.fetches == ()
    assert plan.to_json() == {"kind": "QueryPlan"}
    assert print_plan(plan) == "QueryPlan {\n}\n"


@pytest.mark.parametrize(
    ("document", "name", "message"),
    [
        ("query A { products { id } }", "B", "Unknown operation named 'B'."),
        (
            "query A { products { id } } query B { products { id } }",
            None,
            "Must provide operation name if query contains multiple operations.",
        ),
        ("{ products { __typename: id } }", None, "The alias '__typename' is reserved."),
        ("{ products {", None, "Syntax Error: Expected Name, found <EOF>."),
        ("{ products {} }", None, "Syntax Error: Expected Name, found '}'."),
    ],
)
def test_an_operation_that_cannot_be_chosen_is_a_client_error(
    shop: Supergraph, document: str, name: str | None, message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        Planner(shop).plan(document, name)
    assert caught.value.message == message


def test_the_named_operation_is_planned(shop: Supergraph) -> None:
    plan = Planner(shop).plan("query A { products { id } } query B { products { name } }", "B")
    assert plan.operation_name == "B"
    assert [fetch.operation for fetch in plan.fetches] == ["{products{name}}"]


def test_a_labelled_override_is_decided_at_each_request() -> None:
    supergraph = supergraph_of(
        a="""
            type Query { x: X }
            type X @key(fields: "id") { id: ID! moved: String }
        """,
        b="""
            type X @key(fields: "id") {
              id: ID!
              moved: String @override(from: "a", label: "percent(5)")
            }
        """,
    )
    planner = Planner(supergraph)
    assert supergraph.override_labels == ("percent(5)",)

    def asked(labels: frozenset[str]) -> list[str]:
        plan = planner.plan("{ x { moved } }", override_labels=labels)
        return [fetch.subgraph for fetch in plan.fetches]

    assert asked(frozenset()) == ["a"]
    assert asked(frozenset({"percent(5)"})) == ["a", "b"]
    assert asked(frozenset({"unknown"})) == ["a"]


def test_variables_keep_their_types_and_defaults_and_only_used_ones_are_declared(
    shop: Supergraph,
) -> None:
    plan = Planner(shop).plan(
        'query ($c: String = "EUR", $unused: Int) { products { name price(currency: $c) } }'
    )
    first, second = plan.fetches
    assert first.variables == ()
    assert second.variables == ("c",)
    assert second.operation == (
        'query($representations:[_Any!]!,$c:String="EUR"){_entities(representations:'
        "$representations){...on Product{price(currency: $c)}}}"
    )


def test_a_client_variable_never_takes_the_place_of_the_representations(shop: Supergraph) -> None:
    plan = Planner(shop).plan(
        "query ($representations: String) { products { price(currency: $representations) } }"
    )
    (call,) = plan.fetches[1].entity_calls
    assert call.variable == "_representations"


def test_plans_do_not_depend_on_the_order_of_hashes() -> None:
    script = (
        "from pathlib import Path\n"
        "from tests.router.planning.test_cases import OPERATIONS, supergraph_of\n"
        "from router.planning import Planner, print_plan\n"
        "for path in OPERATIONS:\n"
        "    supergraph, _ = supergraph_of(path.parent)\n"
        "    print(print_plan(Planner(supergraph).plan(path.read_text()), why=True))\n"
    )
    root = Path(__file__).parents[3]
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=root,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert len(printed.pop()) > 1000


def test_a_fragment_that_no_object_can_fit_asks_for_no_type() -> None:
    supergraph = supergraph_of(
        a="""
            type Query { users: [User] }
            interface Node @key(fields: "id") { id: ID! }
            type User implements Node @key(fields: "id") { id: ID! }
            type Page { text: String }
            union Hit = User | Page
        """,
        b="""
            type Query { node: Node hits: Int }
            type Node @interfaceObject @key(fields: "id") { id: ID! seen: Int }
        """,
    )
    plan = Planner(supergraph).plan("{ node { seen ... on Hit { ... on Page { text } } } }")
    assert [fetch.operation for fetch in plan.fetches] == ["{node{seen}}"]


def test_every_fetch_says_why_it_is_there_and_what_would_save_it(shop: Supergraph) -> None:
    text = print_plan(Planner(shop).plan("{ products { name left } }"), why=True)
    assert "# 0: root fields products" in text
    assert (
        "# 1: Product.left by the key 'id'; catalog would save it by resolving or providing left"
        in text
    )


def test_intermediate_products_are_text(shop: Supergraph) -> None:
    document = "{ products { ...P } } fragment P on Product { name n: name left }"
    assert print_operation_normalized(shop, document) == (
        "query {\n  products {\n    name\n    n: name\n    left\n  }\n}\n"
    )
    assert "enter stock as Product by 'id'" in print_graph(shop, "Product")
    assert "products.left\n  *  2002  stock: Product by 'id'" in print_paths(shop, document)
    assert "1: stock at products.@, after 0\n   Product {left}" in print_fetch_graph(shop, document)
    picture = plan_mermaid(Planner(shop).plan(document))
    assert picture.startswith("flowchart TD\n")
    assert "    f0 --> f1\n" in picture


def test_an_interface_that_a_subgraph_may_not_have_is_not_asked_for_its_members() -> None:
    """Before join v0.2 nothing says which subgraphs have a type that is no entity."""
    supergraph = load_supergraph(
        """
        schema @core(feature: "https://specs.apollo.dev/join/v0.1", for: EXECUTION) { query: Query }
        enum join__Graph {
          A @join__graph(name: "a", url: "")
          B @join__graph(name: "b", url: "")
        }
        type Query { all: [Any] @join__field(graph: A) other: Int @join__field(graph: B) }
        union Any = One | Two
        interface Named { name: String }
        type One implements Named { name: String }
        type Two implements Named { name: String }
        """
    )
    plan = Planner(supergraph).plan("{ all { ... on One { name } ... on Two { name } } }")
    [fetch] = plan.fetches
    assert fetch.operation == "{all{__typename ...on One{name} ...on Two{name}}}"


def test_an_argument_from_a_context_that_no_object_above_sets_cannot_be_planned() -> None:
    supergraph = load_supergraph(
        """
        schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
        enum join__Graph { A @join__graph(name: "a", url: "") }
        type Query @join__type(graph: A) { t: T }
        type T @join__type(graph: A, key: "id") {
          id: ID!
          x: Int @join__field(graph: A, contextArguments: [{
            context: "a__c", name: "n", type: "Int", selection: " { m }"
          }])
        }
        """
    )
    planner = Planner(supergraph)
    assert len(planner.plan("{ t { id } }").fetches) == 1
    with pytest.raises(UnplannableError, match=r"No subgraph can answer 'T\.x' at 't\.x'\."):
        planner.plan("{ t { x } }")
