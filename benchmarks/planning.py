"""How fast operations are planned and supergraphs loaded: `python -m benchmarks.planning`.

Prints one line for each measurement with its bar, and exits with 1 if one is over its bar.
"""

from __future__ import annotations

import gc
import sys
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, NamedTuple

from graphql import parse

from router.composition import SubgraphDefinition, compose
from router.planning import Planner, PlanningLimitError
from router.supergraph import load_supergraph

if TYPE_CHECKING:
    from collections.abc import Callable

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: '
    '["@key", "@external", "@requires", "@provides", "@shareable"])\n'
)

SHOP = {
    "accounts": """
        type Query { me: User users: [User] }
        type User @key(fields: "id") { id: ID! name: String username: String @shareable }
    """,
    "inventory": """
        type Product @key(fields: "upc") {
          upc: String! weight: Int @external price: Int @external
          inStock: Boolean shippingEstimate: Int @requires(fields: "price weight")
        }
    """,
    "products": """
        type Query { topProducts(first: Int = 5): [Product] }
        type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }
    """,
    "reviews": """
        type Review @key(fields: "id") {
          id: ID! body: String author: User @provides(fields: "username") product: Product
        }
        type User @key(fields: "id") {
          id: ID! username: String @external reviews: [Review]
        }
        type Product @key(fields: "upc") { upc: String! reviews: [Review] }
    """,
}

OPERATION = """
fragment User on User { id username name }
fragment Review on Review { id body }
fragment Product on Product { inStock name price shippingEstimate upc weight }
query {
  users {
    ...User
    reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews {
      ...Review product { ...Product } } } } } }
  }
  topProducts {
    ...Product
    reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } }
  }
}
"""
"""50 fields over 4 subgraphs."""


class Measurement(NamedTuple):
    name: str
    milliseconds: float
    bar_milliseconds: float


def measure(repeat: int, run: Callable[[], object]) -> float:
    """Median CPU time in milliseconds: what else the machine does matters little."""
    times = []
    for _ in range(repeat):
        started = process_time()
        run()
        times.append((process_time() - started) * 1000)
    return median(times)


def settle() -> None:
    """Do what the router does before it serves: leave what is loaded out of later collections.

    Otherwise the first operation pays for what composing left behind.
    """
    gc.collect()
    gc.freeze()


def supergraph_sdl(subgraphs: dict[str, str]) -> str:
    composition = compose(
        [SubgraphDefinition(name, f"http://{name}", LINK + sdl) for name, sdl in subgraphs.items()]
    )
    assert composition.supergraph is not None, composition.errors
    return composition.supergraph


def hundred_subgraphs() -> dict[str, str]:
    """A hundred subgraphs of twenty types; every entity is known to the next subgraph as well."""
    subgraphs = {}
    for number in range(100):
        types = [f"type Query {{ q{number}: T{number}x0 }}"]
        for index in range(18):
            fields = " ".join(f"f{field}: String" for field in range(6))
            types.append(
                f'type T{number}x{index} @key(fields: "id") '
                f"{{ id: ID! next: T{number}x{(index + 1) % 18} {fields} }}"
            )
        before = (number - 1) % 100
        types.append(f'type T{before}x0 @key(fields: "id") {{ id: ID! more{number}: String }}')
        types.append(f"enum E{number} {{ A B C }}")
        subgraphs[f"s{number}"] = "\n".join(types)
    return subgraphs


def planning_cold_and_warm() -> list[Measurement]:
    planner = Planner(load_supergraph(supergraph_sdl(SHOP)))
    document = parse(OPERATION, no_location=True)
    settle()
    cold = measure(1, lambda: planner.plan(document))
    warm = measure(30, lambda: planner.plan(document))
    return [
        Measurement("first operation, 50 fields over 4 subgraphs", cold, 15),
        Measurement("further operation, 50 fields over 4 subgraphs", warm, 15),
    ]


def loading() -> list[Measurement]:
    sdl = supergraph_sdl(hundred_subgraphs())
    load = measure(3, lambda: load_supergraph(sdl))
    supergraph = load_supergraph(sdl)
    schema = measure(1, lambda: supergraph.api_schema)
    settle()
    plan = measure(1, lambda: Planner(supergraph).plan("{ q7 { f0 more8 next { f1 } } }"))
    return [
        Measurement(f"load 100 subgraphs of 20 types ({len(sdl) // 1000} kB)", load, 3000),
        Measurement("their API schema", schema, 3000),
        Measurement("first plan on them", plan, 15),
    ]


def adversarial() -> list[Measurement]:
    planner = Planner(load_supergraph(supergraph_sdl(SHOP)))
    doubled = "".join(
        f"fragment F{number} on User {{ ...F{number + 1} ...F{number + 1} }} "
        for number in range(100)
    )
    fragments = f"{{ me {{ ...F0 }} }} {doubled} fragment F100 on User {{ id name }}"
    aliased = "".join(
        f"fragment G{number} on User {{ a: reviews {{ author {{ ...G{number + 1} }} }} "
        f"b: reviews {{ author {{ ...G{number + 1} }} }} }} "
        for number in range(30)
    )
    aliases = f"{{ me {{ ...G0 }} }} {aliased} fragment G30 on User {{ id name }}"

    def plan_or_refuse(document: str) -> None:
        try:
            planner.plan(document)
        except PlanningLimitError:
            return

    return [
        Measurement("doubled fragments", measure(3, lambda: plan_or_refuse(fragments)), 1000),
        Measurement("doubled aliases", measure(3, lambda: plan_or_refuse(aliases)), 1000),
    ]


def main() -> int:
    measurements = [*planning_cold_and_warm(), *loading(), *adversarial()]
    for item in measurements:
        verdict = "ok" if item.milliseconds <= item.bar_milliseconds else "OVER"
        print(
            f"{item.name:<50} {item.milliseconds:>9.1f} ms   bar {item.bar_milliseconds:>6.0f} ms"
            f"   {verdict}"
        )
    return int(any(item.milliseconds > item.bar_milliseconds for item in measurements))


if __name__ == "__main__":
    sys.exit(main())
