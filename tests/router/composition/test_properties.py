"""What holds for any schema: split and composed again it is the same, in any order of subgraphs."""

from random import Random

import pytest
from graphql import GraphQLSchema, build_schema, lexicographic_sort_schema, print_schema

from router.composition import SubgraphDefinition, compose
from router.federation.values import print_value
from router.supergraph import load_supergraph
from tests.router.composition.random_schemas import random_schema

SEEDS = range(60)


def _sorted(schema: GraphQLSchema) -> str:
    return print_schema(lexicographic_sort_schema(schema))


def _check_seed(seed: int) -> None:
    random = Random(seed)
    schema = random_schema(random)
    subgraphs = schema.split(random, random.randint(2, 5))
    composition = compose(subgraphs)
    assert composition.errors == ()
    assert composition.supergraph is not None
    api = load_supergraph(composition.supergraph).api_schema
    assert _sorted(api) == _sorted(build_schema(schema.sdl()))
    random.shuffle(subgraphs)
    assert compose(subgraphs) == composition


@pytest.mark.parametrize("seed", SEEDS)
def test_a_schema_split_into_subgraphs_composes_to_itself_in_any_order(seed: int) -> None:
    _check_seed(seed)


@pytest.mark.nightly
def test_many_schemas_split_into_subgraphs_compose_to_themselves() -> None:
    for seed in range(1000, 4000):
        _check_seed(seed)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        ' "quoted" ',
        "\\ \\n",
        'ends with "',
        'three """ quotes',
        "  indented\n\n  lines",
        "\ttab",
        "é\u2028",
    ],
)
def test_descriptions_come_through_unchanged(text: str) -> None:
    sdl = f"type Query {{ {print_value(text)} a({print_value(text)} n: Int): Int }}"
    composition = compose([SubgraphDefinition("a", "http://a", sdl)])
    assert composition.supergraph is not None
    query = build_schema(composition.supergraph).query_type
    assert query is not None
    assert query.fields["a"].description == text
    assert query.fields["a"].args["n"].description == text


def test_composing_twice_gives_equal_bytes() -> None:
    random = Random(7)
    subgraphs = random_schema(random).split(random, 4)
    first, second = compose(subgraphs), compose(subgraphs)
    assert first.supergraph is not None
    assert second.supergraph is not None
    assert first.supergraph.encode() == second.supergraph.encode()
