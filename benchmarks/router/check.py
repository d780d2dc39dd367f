"""The regression check: what a request costs the router, in units of the bare server.

Both run in the same minute on the same machine, so the ratio holds still where microseconds do not.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.router.contenders import OURS, Contender, Graph
from benchmarks.router.measure import Pace, measure_graph
from benchmarks.router.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Sequence

PACE = Pace(rounds=3, load_s=1.0, alone_s=0.3, warm_up_s=1.0)
ATTEMPTS = 2

# About a third above what is measured, which is more than a busy machine moves a ratio.
GREATEST_RATIOS = {
    "two fetches, 20 tasks, unique": 4.5,
    "two fetches, 500 tasks, unique": 10.0,
    "one fetch, 20 tasks, unique": 3.2,
}


def bare_server(_graph: Graph, port: int) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "uvicorn", "benchmarks.router.bare:app"),
        *("--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools"),
        *("--no-access-log", "--lifespan", "off", "--log-level", "warning"),
    )


BARE = Contender("bare server", bare_server, lambda: "uvicorn", is_peer=False)


def measured_ratios() -> dict[str, float]:
    """CPU time of a request to the router, in units of the bare server's, by workload."""
    workloads = [w for w in WORKLOADS if w.name in GREATEST_RATIOS]
    outcome = measure_graph("tasks", workloads, (OURS, BARE), PACE)
    if outcome.skipped:
        msg = f"did not start: {outcome.skipped}"
        raise SystemExit(msg)
    ours, bare = (runner.samples for runner in outcome.runners)
    return {
        w.name: ours[w.name].medians()["cpu_us"] / bare[w.name].medians()["cpu_us"]
        for w in workloads
    }


def run() -> int:
    """Print each ratio beside its bound; 1 when one is over it in every attempt."""
    too_slow: list[str] = []
    for _ in range(ATTEMPTS):
        ratios = measured_ratios()
        too_slow = [name for name, ratio in ratios.items() if ratio > GREATEST_RATIOS[name]]
        for name, ratio in ratios.items():
            print(f"{name}: {ratio:.1f} bare requests, at most {GREATEST_RATIOS[name]:.1f}")
        if not too_slow:
            return 0
    print(f"too slow: {'; '.join(too_slow)}", file=sys.stderr)
    return 1
