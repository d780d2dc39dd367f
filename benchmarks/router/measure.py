"""Rounds of load, interleaved over the contenders, and the medians of what they cost."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.router.contenders import ROOT, Contender, Graph, UnavailableError
from benchmarks.router.floor import direct_requests, floor_us
from benchmarks.router.identity import make_identity
from benchmarks.router.load import Load, Target, WrongAnswerError, run_load
from benchmarks.router.processes import (
    Child,
    DidNotStartError,
    free_port,
    running,
    wait_for_answer,
)
from benchmarks.router.workloads import GRAPHS, Workload
from router.composition import SubgraphDefinition, compose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how often; the full measurement and the check differ only in this."""

    rounds: int
    load_s: float
    alone_s: float
    warm_up_s: float
    connections: int = 32


@dataclass(slots=True)
class Samples:
    """One list entry a round."""

    cpu_us: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    p50_us: list[float] = field(default_factory=list)
    p99_us: list[float] = field(default_factory=list)
    alone_p50_us: list[float] = field(default_factory=list)
    answer_bytes: int = 0

    def medians(self) -> dict[str, float]:
        names = ("cpu_us", "per_second", "p50_us", "p99_us", "alone_p50_us")
        return {name: statistics.median(getattr(self, name)) for name in names} | {
            "answer_bytes": self.answer_bytes
        }


@dataclass(slots=True)
class Runner:
    """One contender, listening on one graph."""

    contender: Contender
    child: Child
    target: Target
    start_s: float
    memory_mib: float = 0.0
    samples: dict[str, Samples] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    runners: list[Runner]
    skipped: list[tuple[str, str]]
    """Contender and reason."""
    floors_us: dict[str, list[float]] = field(default_factory=dict)
    """By workload, one entry a round: see `floor.floor_us`."""


@contextlib.contextmanager
def stub_subgraphs(folder: Path, jwks: str = "{}") -> Iterator[str]:
    """The stub process; gives the URL that `/GRAPH/SUBGRAPH` is appended to."""
    command = (sys.executable, "-m", "benchmarks.router.stub", jwks)
    log = folder / "stub.log"
    with running(command, log, env={"PATH": "/usr/bin:/bin"}, cwd=ROOT) as child:
        deadline = time.monotonic() + 20
        while not (text := log.read_text()).endswith("\n"):
            if child.process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStartError(child.last_lines())
            time.sleep(0.02)
        yield f"http://127.0.0.1:{int(text)}"


def composed(name: str, stub_url: str, folder: Path) -> Graph:
    """Compose the subgraphs of graph `name` with their stub addresses, into `folder`."""
    files = sorted((GRAPHS / name).glob("*.graphql"))
    subgraphs = {file.stem: (f"{stub_url}/{name}/{file.stem}", file) for file in files}
    composition = compose(
        [SubgraphDefinition(n, url, file.read_text()) for n, (url, file) in subgraphs.items()]
    )
    if composition.supergraph is None:
        msg = f"graph {name} does not compose: {composition.errors}"
        raise DidNotStartError(msg)
    supergraph = folder / name / "supergraph.graphql"
    supergraph.parent.mkdir()
    supergraph.write_text(composition.supergraph)
    return Graph(supergraph, subgraphs, f"{stub_url}/jwks")


def started(
    stack: contextlib.ExitStack, contender: Contender, graph: Graph, probe: Workload, token: str
) -> Runner:
    contender.version()
    port = free_port()
    command = contender.command(graph, port)
    log = graph.supergraph.parent / f"{contender.name.replace(' ', '-')}.log"
    begin = time.perf_counter()
    if shutil.which(command[0]) is None:
        msg = f"{Path(command[0]).name} is not installed"
        raise UnavailableError(msg)
    child = stack.enter_context(running(command, log, env=contender.environment(graph), cwd=ROOT))
    wait_for_answer(child, url_of(port), probe.body(0))
    target = Target(port, token if contender.is_sent_tokens else None)
    return Runner(contender, child, target, time.perf_counter() - begin)


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}/graphql"


def check_answers(runners: Sequence[Runner], workload: Workload) -> None:
    """Every contender answers the same, compared as JSON with the first.

    Raises:
        WrongAnswerError: One differs.
    """
    expected: Any = None
    for runner in runners:
        answer = wait_for_answer(runner.child, url_of(runner.target.port), workload.body(1))
        runner.samples[workload.name] = Samples(answer_bytes=len(answer))
        data = json.loads(answer)["data"]
        if expected is None:
            expected = data
        elif data != expected:
            msg = f"{runner.contender.name} answers {workload.name!r} differently"
            raise WrongAnswerError(msg)


def warm_up(runner: Runner, workload: Workload, pace: Pace) -> None:
    run_load(runner.target, workload, connections=pace.connections, duration_s=pace.warm_up_s)


def measure(runner: Runner, workload: Workload, pace: Pace) -> None:
    """One round of one contender: many connections, then one alone."""
    samples = runner.samples[workload.name]
    cpu_before = runner.child.cpu_s()
    load: Load = run_load(
        runner.target, workload, connections=pace.connections, duration_s=pace.load_s
    )
    cpu_s = runner.child.cpu_s() - cpu_before
    alone = run_load(runner.target, workload, connections=1, duration_s=pace.alone_s)
    samples.cpu_us.append(cpu_s / load.requests() * 1e6)
    samples.per_second.append(load.requests() / load.duration_s)
    samples.p50_us.append(load.percentile_us(50))
    samples.p99_us.append(load.percentile_us(99))
    samples.alone_p50_us.append(alone.percentile_us(50))
    runner.memory_mib = max(runner.memory_mib, runner.child.memory_mib())


@contextlib.contextmanager
def left_out_if_wrong(outcome: Outcome, runner: Runner) -> Iterator[None]:
    """A peer that fails under load is skipped from then on; our own router fails the run."""
    try:
        yield
    except (WrongAnswerError, TimeoutError, OSError) as error:
        if not runner.contender.is_peer:
            raise
        outcome.runners.remove(runner)
        outcome.skipped.append((runner.contender.name, f"failed under load: {error!r}"))


def measure_graph(
    name: str,
    workloads: Sequence[Workload],
    contenders: Sequence[Contender],
    pace: Pace,
) -> Outcome:
    """All contenders on one graph, side by side, so that each round sees the same machine."""
    outcome = Outcome([], [])
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        identity = make_identity()
        stub_url = stack.enter_context(stub_subgraphs(folder, identity.jwks))
        graph = composed(name, stub_url, folder)
        for contender in contenders:
            try:
                runner = started(stack, contender, graph, workloads[0], identity.token)
            except (UnavailableError, DidNotStartError) as reason:
                outcome.skipped.append((contender.name, str(reason)))
            else:
                outcome.runners.append(runner)
        for workload in workloads:
            check_answers(outcome.runners, workload)
            for runner in tuple(outcome.runners):
                with left_out_if_wrong(outcome, runner):
                    warm_up(runner, workload, pace)
        direct = {each.name: direct_requests(each, stub_url) for each in workloads}
        for number, workload in itertools.product(range(pace.rounds), workloads):
            print(f"  round {number + 1} of {pace.rounds}: {workload.name}", flush=True)
            if requests := direct[workload.name]:
                floor = floor_us(stub_url, requests, pace.alone_s)
                outcome.floors_us.setdefault(workload.name, []).append(floor)
            for runner in tuple(outcome.runners):
                with left_out_if_wrong(outcome, runner):
                    measure(runner, workload, pace)
    return outcome
