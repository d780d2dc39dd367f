"""`python -m benchmarks.end_to_end`: whole stacks answering one page of 20 tasks with their owners.

A gateway, two services and Postgres; CPU time is that of all of them. Exit codes: 0 measured,
1 a wrong answer.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.end_to_end.data import fill
from benchmarks.end_to_end.stacks import APOLLO, GATEWAYS, REST, Launcher, RestTarget, Stack
from benchmarks.router import report
from benchmarks.router.contenders import UnavailableError, install_peers
from benchmarks.router.load import WrongAnswerError, run_load
from benchmarks.router.measure import Samples, url_of
from benchmarks.router.processes import DidNotStartError
from benchmarks.router.workloads import TWO_FETCHES, Workload
from devstack.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parents[1] / "results"
PAGE = Workload("20 tasks, 20 owners", "", TWO_FETCHES, {"first": 20}, is_unique=True)
CONNECTIONS = (16, 1)


def workload_name(connections: int) -> str:
    return f"{PAGE.name}, {connections} connection{'s' if connections > 1 else ''}"


SUBJECT = report.Subject(
    "end_to_end",
    "Whole stacks: gateway, two services and Postgres",
    "python -m benchmarks.end_to_end",
    [
        report.Bar(workload_name(connections), peer, times, stretch=20)
        for connections in CONNECTIONS
        for peer, times in ((APOLLO, 8), (REST, 5))
    ],
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of load a round (default 4)")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the results")
    options = parser.parse_args()
    skipped: list[tuple[str, str]] = []
    with contextlib.ExitStack() as exits:
        folder = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-stacks-")))
        folder.chmod(0o755)  # Postgres may run as another user
        stacks = started(exits, folder, skipped)
        try:
            check_answers(stacks)
            measure(stacks, skipped, options.rounds, options.seconds)
        except WrongAnswerError as error:
            print(error, file=sys.stderr)
            return 1
    results = report.Results(
        contenders=[result(stack, is_ours=stack is stacks[0]) for stack in stacks],
        skipped=skipped,
        settings=f"{options.rounds} rounds of {options.seconds:.0f} s",
        machine=report.machine(),
        date=report.today(),
        subject=SUBJECT,
        appendix=parts_table(stacks),
    )
    for path in report.write(results, options.output):
        print(path)
    print(report.markdown(results))
    return 0


def started(
    exits: contextlib.ExitStack, folder: Path, skipped: list[tuple[str, str]]
) -> list[Stack]:
    """Every stack that can run here, listening."""
    server = exits.enter_context(
        EmbeddedPostgres(folder / "postgres", password=secrets.token_hex(8))
    )
    pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    launcher = Launcher(exits, folder, asyncio.run(fill(server)), pid)
    services = {
        module: launcher.services(module, {"tasks": None, "users": None})
        for module in dict.fromkeys(module for _, module, _ in GATEWAYS)
    }
    stacks: list[Stack] = []
    for name, module, contender in GATEWAYS:
        try:
            if contender.is_peer:
                install_peers()
            stacks.append(launcher.gateway(name, contender, services[module], PAGE))
        except (UnavailableError, DidNotStartError) as reason:
            if not contender.is_peer:
                raise
            skipped.append((name, str(reason).splitlines()[-1]))
    stacks.append(launcher.rest())
    return stacks


def check_answers(stacks: Sequence[Stack]) -> None:
    """Every stack gives the same page.

    Raises:
        WrongAnswerError: One does not.
    """
    for stack in stacks:
        stack.samples = {workload_name(each): Samples() for each in CONNECTIONS}
    first, *others = [(stack, page_of(stack, 123_456)) for stack in stacks]
    owners = {task["owner"]["id"] for task in first[1]["nodes"]}
    if len(owners) != PAGE.variables["first"]:
        raise WrongAnswerError("the owners of a page are not distinct")
    for stack, page in others:
        if page != first[1]:
            msg = f"{stack.name} answers differently than {first[0].name}"
            raise WrongAnswerError(msg)


def page_of(stack: Stack, number: int) -> Any:  # noqa: ANN401 - JSON
    if isinstance(stack.target, RestTarget):
        url = f"http://127.0.0.1:{stack.target.port}/tasks"
        answer = httpx.get(url, params={"page": f"page-{number}", **PAGE.variables})
        # pydantic writes UTC as Z, Strawberry as +00:00.
        page: Any = json.loads(answer.text.replace('Z"', '+00:00"'))
    else:
        headers = {"content-type": "application/json"}
        answer = httpx.post(url_of(stack.target.port), content=PAGE.body(number), headers=headers)
        page = answer.json()["data"]["tasks"]
    for samples in stack.samples.values():
        samples.answer_bytes = len(answer.content)
    return page


def measure(
    stacks: list[Stack], skipped: list[tuple[str, str]], rounds: int, load_s: float
) -> None:
    """Take all stacks one after the other in each round, so that all see the same machine.

    A peer that fails is skipped from then on.

    Raises:
        WrongAnswerError: One of ours fails.
    """
    for number in range(-1, rounds):
        for connections in CONNECTIONS:
            if number >= 0:
                print(f"round {number + 1} of {rounds}: {workload_name(connections)}", flush=True)
            for stack in tuple(stacks):
                try:
                    measure_once(stack, connections, load_s, is_warm_up=number < 0)
                except (WrongAnswerError, TimeoutError, OSError) as error:
                    if stack.name.startswith("router"):
                        msg = f"{stack.name}: {error!r}"
                        raise WrongAnswerError(msg) from error
                    stacks.remove(stack)
                    skipped.append((stack.name, f"failed under load: {error!r}"))


def measure_once(stack: Stack, connections: int, load_s: float, *, is_warm_up: bool) -> None:
    name = workload_name(connections)
    before = stack.cpu_s()
    load = run_load(stack.target, PAGE, connections=connections, duration_s=load_s)
    if is_warm_up:
        return
    after = stack.cpu_s()
    of_parts = stack.cpu_us_of_parts.setdefault(name, {part: [] for part in after})
    for part, values in of_parts.items():
        values.append((after[part] - before[part]) / load.requests() * 1e6)
    samples = stack.samples[name]
    samples.cpu_us.append(sum(values[-1] for values in of_parts.values()))
    samples.per_second.append(load.requests() / load.duration_s)
    samples.p50_us.append(load.percentile_us(50))
    samples.p99_us.append(load.percentile_us(99))
    if connections == 1:
        for each in stack.samples.values():
            each.alone_p50_us.append(load.percentile_us(50))
    memory_mib = sum(processes.memory_mib() for processes in stack.parts.values())
    stack.memory_mib = max(stack.memory_mib, memory_mib)


def result(stack: Stack, *, is_ours: bool) -> report.ContenderResult:
    return report.ContenderResult(
        name=stack.name,
        version=stack.version,
        memory_mib=stack.memory_mib,
        workloads={name: samples.medians() for name, samples in stack.samples.items()},
        is_ours=is_ours,
        cpu_us_by_round={name: samples.cpu_us for name, samples in stack.samples.items()},
    )


def parts_table(stacks: Sequence[Stack]) -> list[str]:
    """Where each stack spends its time."""
    parts = list(stacks[0].parts)
    lines = ["", "## CPU time of the parts, µs a request", ""]
    lines += [f"| stack | connections | {' | '.join(parts)} |", "|---" * (len(parts) + 2) + "|"]
    for stack in stacks:
        for connections in CONNECTIONS:
            of_parts = stack.cpu_us_of_parts[workload_name(connections)]
            figures = [f"{statistics.median(of_parts[part]):.0f}" for part in parts]
            lines.append(f"| {stack.name} | {connections} | {' | '.join(figures)} |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
