"""Composes cases and compares acceptance, codes and API schema with the reference composer's.

    python .ci/composition_cases.py CASES.json [--list]

Exit code 0 when every case agrees on accept or refuse and at least 95 % of the refused ones on the
set of codes; `--list` prints every disagreement.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from graphql import GraphQLSchema, build_schema, lexicographic_sort_schema, print_schema

from router.composition import SubgraphDefinition, compose
from router.supergraph import load_supergraph

_CODES_SHARE = 0.95


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=Path)
    parser.add_argument("--list", action="store_true", help="print every disagreement")
    options = parser.parse_args()
    cases = json.loads(options.cases.read_text())
    verdicts = {case["id"]: _judge(case) for case in cases}
    wrong = {name: verdict for name, verdict in verdicts.items() if verdict[0] == "wrong"}
    codes = {name: verdict for name, verdict in verdicts.items() if verdict[0] == "codes"}
    for name, (kind, why) in verdicts.items():
        if kind == "wrong" or (options.list and kind != "same"):
            print(f"{name}: {why}")
    refused = sum(not case["expected"]["ok"] for case in cases)
    print(f"codes agree in {refused - len(codes)} of {refused} refused cases")
    print(f"{len(cases) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong or len(codes) > (1 - _CODES_SHARE) * refused else 0


def _judge(case: dict[str, Any]) -> tuple[str, str]:
    expected = case["expected"]
    result = compose(
        [
            SubgraphDefinition(subgraph["name"], f"http://{subgraph['name']}", subgraph["sdl"])
            for subgraph in case["subgraphs"]
        ]
    )
    codes = sorted({error.code for error in result.errors})
    if result.supergraph is not None:
        return _judge_composed(result.supergraph, expected)
    if expected["ok"]:
        return "wrong", f"refused with {codes}: {result.errors[0].message}"
    if codes != sorted(set(expected["codes"])):
        return "codes", f"{codes} instead of {expected['codes']}"
    return "same", ""


def _judge_composed(supergraph: str, expected: dict[str, Any]) -> tuple[str, str]:
    if not expected["ok"]:
        return "wrong", f"composed, but {expected['codes']} is right"
    api = load_supergraph(supergraph).api_schema
    wanted = expected.get("api_schema")  # not every case tells
    if wanted and _sorted(api) != _sorted(build_schema(wanted, assume_valid=True)):
        return "wrong", "another API schema"
    return "same", ""


def _sorted(schema: GraphQLSchema) -> str:
    return print_schema(lexicographic_sort_schema(schema))


if __name__ == "__main__":
    sys.exit(main())
