"""Closures: from one subgraph to all others that its keys lead to."""

from random import Random

import pytest

from router.composition.satisfiability.reach import Reach
from router.query_graph import QueryGraph
from router.supergraph import load_supergraph

_KEYS = ("a", "b", "c", "a b")


def supergraph(random: Random, count: int) -> str:
    """An entity with random keys in each subgraph, which has more fields than its keys at times."""
    graphs = [f"S{index}" for index in range(count)]
    types, fields = [], dict[str, set[str]]()
    for graph in graphs:
        for key in random.sample(_KEYS, random.randint(1, 2)):
            types.append(f'@join__type(graph: {graph}, key: "{key}")')
            for name in key.split():
                fields.setdefault(name, set()).add(graph)
        if random.random() < 0.4:
            fields.setdefault(random.choice("abc"), set()).add(graph)
    body = "".join(
        f"  {name}: ID {' '.join(f'@join__field(graph: {graph})' for graph in sorted(owners))}\n"
        for name, owners in sorted(fields.items())
    )
    values = " ".join(f'{graph} @join__graph(name: "{graph}", url: "")' for graph in graphs)
    return f"""
        schema @link(url: "https://specs.apollo.dev/link/v1.0")
          @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) {{ query: Query }}
        directive @join__graph(name: String!, url: String!) on ENUM_VALUE
        enum join__Graph {{ {values} }}
        type Query @join__type(graph: S0) {{ t: T @join__field(graph: S0) }}
        type T {" ".join(types)} {{ {body} }}
    """


@pytest.mark.parametrize("seed", range(60))
def test_a_closure_is_the_same_whatever_was_asked_before(seed: int) -> None:
    random = Random(seed)
    graph = QueryGraph(load_supergraph(supergraph(random, random.randint(2, 7))))
    nodes = [move.target for move in graph.entity_moves("T")]
    random.shuffle(nodes)
    remembering = Reach(graph)
    for node in nodes:
        assert remembering.closure(node, "T") == Reach(graph).closure(node, "T")
