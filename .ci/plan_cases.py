"""Plans cases and compares requests per subgraph and depth with the reference plans.

    python .ci/plan_cases.py CASES.json

Exit code 0 when no plan makes more requests, in all or to one subgraph, and none is deeper.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from router.planning import Planner, QueryPlan
from router.planning.plan_tree import levels
from router.supergraph import load_supergraph


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=Path)
    options = parser.parse_args()
    content = json.loads(options.cases.read_text())
    planners = {name: Planner(load_supergraph(sdl)) for name, sdl in content["supergraphs"].items()}
    requests = reference = 0
    worse = []
    for case in content["cases"]:
        # A comma after the operation is not part of it.
        operation = case["operation"].rstrip().rstrip(",")
        plan = planners[case["supergraph"]].plan(operation)
        requests += len(plan.fetches)
        reference += sum(case["fetches"].values())
        worse += [f"{case['id']}: {problem}" for problem in problems_of(plan, case)]
    print("\n".join(worse) or f"{len(content['cases'])} plans, none worse")
    print(f"requests {requests} (reference {reference})")
    return int(bool(worse))


def problems_of(plan: QueryPlan, case: dict[str, Any]) -> list[str]:
    """What is worse than in the reference plan."""
    counts = Counter(fetch.subgraph for fetch in plan.fetches)
    problems = [
        f"{count} requests to {subgraph}, reference {case['fetches'].get(subgraph, 0)}"
        for subgraph, count in sorted(counts.items())
        if count > case["fetches"].get(subgraph, 0)
    ]
    depth = max((level + 1 for level in levels(plan.fetches)), default=0)
    if depth > case["depth"]:
        problems.append(f"depth {depth}, reference {case['depth']}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
