"""How long composing takes: the product's two subgraphs, then generated graphs of growing size.

    python -m benchmarks.composition            # print
    python -m benchmarks.composition --write    # and keep it in benchmarks/results/composition.md

A generated graph has subgraphs of 50 entity types each. In `chain` every type is in two subgraphs,
so types grow with subgraphs; in `shared` all subgraphs have the same 50 types and add fields.
Times are CPU seconds of this process, the best of a few runs, so that a busy machine counts less.
"""

import argparse
import gc
import os
import platform
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from router.composition import SubgraphDefinition, compose

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "composition.md"
TYPES = 50
SIZES = (10, 20, 35, 70)
_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
    'import: ["@key", "@shareable"])\n'
)


def product() -> list[SubgraphDefinition]:
    return [
        SubgraphDefinition(
            name, f"http://{name}", (ROOT / "schema" / f"{name}.graphql").read_text()
        )
        for name in ("auth", "tasks")
    ]


def chain(count: int) -> list[SubgraphDefinition]:
    """Subgraph n owns 50 types and extends the 50 of subgraph n + 1."""
    return [_chained(index, count) for index in range(count)]


def _chained(index: int, count: int) -> SubgraphDefinition:
    after = (index + 1) % count
    queries = "".join(f"  s{index}t{i}(id: ID!): S{index}T{i}\n" for i in range(TYPES))
    parts = [_LINK, f"type Query {{\n{queries}}}\n"]
    parts += [
        f'"Type {i}."\ntype S{index}T{i} @key(fields: "id") {{\n'
        f"  id: ID!\n  name: String\n  count(first: Int = 10): Int!\n"
        f"  next: S{index}T{(i + 1) % TYPES}\n  other: S{after}T{i}\n}}\n"
        f'type S{after}T{i} @key(fields: "id") {{ id: ID! extra{index}: [String!]! }}\n'
        for i in range(TYPES)
    ]
    return SubgraphDefinition(f"s{index}", f"http://s{index}", "".join(parts))


def shared(count: int) -> list[SubgraphDefinition]:
    """All subgraphs have the same 50 types; each adds three fields to every one."""
    return [_sharing(index) for index in range(count)]


def _sharing(index: int) -> SubgraphDefinition:
    queries = "".join(f"  s{index}t{i}(id: ID!): T{i}\n" for i in range(TYPES))
    parts = [_LINK, f"type Query {{\n{queries}}}\n"]
    parts += [
        f'type T{i} @key(fields: "id") {{\n  id: ID!\n  name{index}: String\n'
        f"  count{index}(first: Int = 10): Int!\n  next{index}: T{(i + 1) % TYPES}\n}}\n"
        for i in range(TYPES)
    ]
    return SubgraphDefinition(f"s{index}", f"http://s{index}", "".join(parts))


def seconds(subgraphs: Sequence[SubgraphDefinition], runs: int) -> float:
    """CPU time of one composition, the best of some runs."""
    best = float("inf")
    for _ in range(runs):
        gc.collect()
        started = time.process_time()
        composition = compose(subgraphs)
        best = min(best, time.process_time() - started)
        assert composition.supergraph is not None, composition.errors[:3]
    return best


def table() -> str:
    rows = [
        "| graph | subgraphs | SDL, kB | CPU, ms | µs per type |",
        "|---|---|---|---|---|",
        _row("product", product(), None),
    ]
    graphs: tuple[Callable[[int], list[SubgraphDefinition]], ...] = (chain, shared)
    for graph in graphs:
        rows += [_row(graph.__name__, graph(size), size * TYPES) for size in SIZES]
    return "\n".join(rows)


def _row(name: str, subgraphs: Sequence[SubgraphDefinition], types: int | None) -> str:
    took = seconds(subgraphs, runs=20 if types is None else 3)
    size = sum(len(subgraph.sdl) for subgraph in subgraphs) / 1000
    per_type = f"{took * 1e6 / types:.0f}" if types else ""
    return f"| {name} | {len(subgraphs)} | {size:.0f} | {took * 1000:.1f} | {per_type} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="How long composing takes.")
    parser.add_argument("--write", action="store_true", help="keep the table as a result")
    options = parser.parse_args()
    text = (
        f"# Composition\n\n{table()}\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, "
        f"{datetime.now(UTC):%Y-%m-%d}. `python -m benchmarks.composition`; a type is counted once "
        "for each subgraph that owns it.\n"
    )
    print(text)
    if options.write:
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
