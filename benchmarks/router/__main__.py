"""`python -m benchmarks.router`: our router and its peers side by side.

Exit codes: 0 measured (or, with --check, within the bounds), 1 a wrong answer or a bound broken.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.router import check, report
from benchmarks.router.contenders import CONTENDERS, Contender, UnavailableError, install_peers
from benchmarks.router.load import WrongAnswerError
from benchmarks.router.measure import Outcome, Pace, Runner, measure_graph
from benchmarks.router.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULTS = Path(__file__).parents[1] / "results"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.router", description=__doc__)
    parser.add_argument("--check", action="store_true", help="small run; ratios against bounds")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of load a round (default 2)")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="", help="contenders whose names start so, by commas")
    parser.add_argument("--workload", default="", help="only workloads with this in their name")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the results")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if options.check:
        return check.run()
    workloads = [w for w in WORKLOADS if options.workload in w.name]
    contenders, skipped = available(options.only)
    pace = Pace(
        rounds=options.rounds,
        load_s=options.seconds,
        alone_s=options.seconds / 4,
        warm_up_s=options.seconds,
        connections=options.connections,
    )
    outcomes: list[Outcome] = []
    try:
        for graph in dict.fromkeys(w.graph for w in workloads):
            print(f"graph {graph}", flush=True)
            of_graph = [w for w in workloads if w.graph == graph]
            outcomes.append(measure_graph(graph, of_graph, contenders, pace))
    except WrongAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    results = joined(outcomes, skipped, pace)
    for path in report.write(results, options.output):
        print(path)
    print(report.markdown(results))
    return 0


def available(only: str) -> tuple[list[Contender], list[tuple[str, str]]]:
    """The contenders asked for; when the peers cannot be installed, ours alone and why."""
    wanted = tuple(name.strip() for name in only.split(","))
    contenders = [c for c in CONTENDERS if c.name.startswith(wanted)]
    try:
        if any(c.is_peer for c in contenders):
            install_peers()
    except UnavailableError as reason:
        skipped = [(c.name, str(reason)) for c in contenders if c.is_peer]
        return [c for c in contenders if not c.is_peer], skipped
    return contenders, []


def joined(
    outcomes: Sequence[Outcome], skipped: list[tuple[str, str]], pace: Pace
) -> report.Results:
    """One result for every contender over all graphs; start and memory are the worst seen."""
    runners: dict[str, list[Runner]] = {}
    for outcome in outcomes:
        for runner in outcome.runners:
            runners.setdefault(runner.contender.name, []).append(runner)
    reasons = dict(skipped) | {who: why for o in outcomes for who, why in o.skipped}
    floors = {w: statistics.median(us) for o in outcomes for w, us in o.floors_us.items()}
    return report.Results(
        contenders=[result(of_contender, floors) for of_contender in runners.values()],
        skipped=[(who, why.splitlines()[-1].strip()) for who, why in reasons.items()],
        settings=f"{pace.connections} connections, {pace.rounds} rounds of {pace.load_s:.0f} s",
        machine=report.machine(),
        date=report.today(),
    )


def result(runners: Sequence[Runner], floors: Mapping[str, float]) -> report.ContenderResult:
    contender = runners[0].contender
    workloads = {w: s.medians() for r in runners for w, s in r.samples.items()}
    for name, floor_us in floors.items():
        if name in workloads:
            workloads[name]["added_p50_us"] = workloads[name]["alone_p50_us"] - floor_us
    return report.ContenderResult(
        name=contender.name,
        version=contender.version(),
        start_s=max(r.start_s for r in runners),
        memory_mib=max(r.memory_mib for r in runners),
        workloads=workloads,
        is_ours=not contender.is_peer,
        cpu_us_by_round={w: s.cpu_us for r in runners for w, s in r.samples.items()},
    )


if __name__ == "__main__":
    sys.exit(main())
