"""`python -m benchmarks.soak`: our router at a share of its highest rate, for minutes.

Everything a router has before real users is on: tokens of many users, rate limits, cost, a log
line for every operation, the usage file, metrics that are scraped, and a supergraph file that
changes now and then. First the highest rate is found: the same requests over the same connections,
all due at once. Then they are sent at the given share of it, each at its own moment whatever the
answers do, and latency counts from that moment.
Exit codes: 0 no error and flat memory, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import statistics
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import httptools
import httpx
import psutil
import uvloop

from benchmarks.router.contenders import OURS_ALL_ON, ROOT, Graph
from benchmarks.router.identity import make_identity
from benchmarks.router.load import Target
from benchmarks.router.measure import composed, stub_subgraphs, url_of
from benchmarks.router.processes import Child, free_port, running, wait_for_answer
from benchmarks.router.workloads import WORKLOADS, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GRAPH = "tasks"
USERS = 200
WARM_UP = 5_000
BURST = 40_000
"""Requests."""

ANSWERED_WITHIN_S = 60.0
"""The last ones, after all were sent."""

SCRAPE_EVERY_S = 5.0
RELOADS = 4
TICK_S = 0.001

MAX_GROWTH = 1.10
MAX_GROWTH_MIB = 8.0
"""The last sixth of the time may need this much more memory than the second one."""

MIN_SENT = 0.98
"""Of the requests that were to be sent; below it the load generator was too slow to tell."""


class Connection(asyncio.Protocol):
    """Carries one request at a time and is idle in between."""

    def __init__(self, soak: Soak) -> None:
        self._soak = soak
        self._body: list[bytes] = []
        self._proof = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass

    def send(self, request: bytes, proof: bytes, due: float) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body, self._proof, self._due = [], proof, due
        self._transport.write(request)

    def data_received(self, chunk: bytes) -> None:
        self._parser.feed_data(chunk)

    def on_body(self, chunk: bytes) -> None:
        self._body.append(chunk)

    def on_message_complete(self) -> None:
        body = b"".join(self._body)
        status = self._parser.get_status_code()
        is_right = status == 200 and self._proof in body and b'"errors"' not in body
        self._soak.take(self, time.perf_counter() - self._due, None if is_right else body[:300])

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._soak.is_over:
            self._soak.errors.append(f"connection lost: {exc}".encode())

    def close(self) -> None:
        self._transport.close()


@dataclass(slots=True)
class Soak:
    """One run at a fixed rate, and what it saw."""

    port: int
    rate: float
    duration_s: float
    requests: Iterator[tuple[bytes, bytes]]
    latencies_s: list[float] = field(default_factory=list)
    errors: list[bytes] = field(default_factory=list)
    is_over: bool = False
    in_flight: int = 0
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    idle: deque[Connection] = field(default_factory=deque)
    waiting: deque[tuple[bytes, bytes, float]] = field(default_factory=deque)

    def take(self, connection: Connection, latency_s: float, problem: bytes | None) -> None:
        self.in_flight -= 1
        self.latencies_s.append(latency_s)
        if problem is not None:
            self.errors.append(problem)
        if self.waiting:
            self._send(connection, *self.waiting.popleft())
        else:
            self.idle.append(connection)
            if not self.in_flight:
                self.quiet.set()

    def _send(self, connection: Connection, request: bytes, proof: bytes, due: float) -> None:
        self.in_flight += 1
        self.quiet.clear()
        connection.send(request, proof, due)

    async def run(self, connections: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, connection = await loop.create_connection(
                lambda: Connection(self), "127.0.0.1", self.port
            )
            self.idle.append(connection)
        everyone = list(self.idle)
        began = time.perf_counter()
        sent = 0
        while sent < self.rate * self.duration_s:
            due = began + sent / self.rate
            pause_s = due - time.perf_counter()
            if pause_s > 0:
                await asyncio.sleep(max(pause_s, TICK_S))
                continue
            request, proof = next(self.requests)
            if self.idle:
                self._send(self.idle.pop(), request, proof, due)
            else:
                self.waiting.append((request, proof, due))
            sent += 1
            if not sent % 20:
                await asyncio.sleep(0)  # a late generator still has to read answers
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                await self.quiet.wait()
        self.errors += [b"no answer"] * (self.in_flight + len(self.waiting))
        self.is_over = True
        for connection in everyone:
            connection.close()

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1e3


def mixed(
    port: int, workloads: Sequence[Workload], tokens: Sequence[str]
) -> Iterator[tuple[bytes, bytes]]:
    """Requests of all workloads and users in turn, with what proves their answers."""
    makers: list[Callable[[int], tuple[bytes, bytes]]] = []
    for number, workload in enumerate(itertools.islice(itertools.cycle(workloads), len(tokens))):
        request = Target(port, tokens[number]).requests(workload)
        makers.append(lambda n, r=request, w=workload: (r(n), w.proof(n)))  # type: ignore[misc]
    for count, maker in enumerate(itertools.cycle(makers), time.time_ns() // 1000):
        yield maker(count)


async def watch(
    pid: int, port: int, supergraph: Path, duration_s: float, memory_mib: list[float]
) -> None:
    """Sample memory, scrape metrics, change the supergraph file; until cancelled."""
    process = psutil.Process(pid)
    text = await asyncio.to_thread(supergraph.read_text)
    began = time.perf_counter()
    reloads = 0
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            memory_mib.append(process.memory_info().rss / 2**20)
            (await client.get(f"http://127.0.0.1:{port}/metrics")).raise_for_status()
            if (time.perf_counter() - began) > duration_s * (reloads + 1) / (2 * RELOADS):
                reloads += 1
                if reloads <= RELOADS:
                    await asyncio.to_thread(supergraph.write_text, f"{text}\n# {reloads}\n")
            await asyncio.sleep(min(SCRAPE_EVERY_S, duration_s / 20))


async def soak(run: Soak, connections: int, pid: int, supergraph: Path) -> list[float]:
    """Run it; gives samples of the router's memory in MiB."""
    memory_mib: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch(pid, run.port, supergraph, run.duration_s, memory_mib))
        await run.run(connections)
        watching.cancel()
    return memory_mib


def verdict(run: Soak, memory_mib: Sequence[float]) -> list[str]:
    """What is wrong; empty when all is well."""
    problems = []
    if run.errors:
        problems.append(f"{len(run.errors)} errors, the first: {run.errors[0]!r}")
    if len(run.latencies_s) < MIN_SENT * run.rate * run.duration_s:
        problems.append("the rate was not reached")
    sixth = max(1, len(memory_mib) // 6)
    before = statistics.median(memory_mib[sixth : 2 * sixth] or memory_mib)
    after = statistics.median(memory_mib[-sixth:])
    if after > before * MAX_GROWTH + MAX_GROWTH_MIB:
        problems.append(f"memory grew from {before:.0f} to {after:.0f} MiB")
    return problems


@contextlib.contextmanager
def served(folder: Path, graph: Graph, port: int) -> Iterator[Child]:
    environment = {
        **OURS_ALL_ON.environment(graph),
        "ROUTER_USAGE_FILE": str(folder / "usage.json"),
        "ROUTER_USAGE_INTERVAL": "10s",
    }
    command = OURS_ALL_ON.command(graph, port)
    with running(command, folder / "router.log", env=environment, cwd=ROOT) as child:
        wait_for_answer(child, url_of(port), WORKLOADS[0].body(0))
        yield child


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="of load (default 300)")
    parser.add_argument("--share", type=float, default=0.7, help="of the highest rate (0.7)")
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    workloads = [w for w in WORKLOADS if w.graph == GRAPH and "500" not in w.name]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        identity = make_identity(USERS)
        stub_url = stack.enter_context(stub_subgraphs(folder, identity.jwks))
        graph = composed(GRAPH, stub_url, folder)
        port = free_port()
        child = stack.enter_context(served(folder, graph, port))
        requests = mixed(port, workloads, identity.tokens)
        highest_rate(Soak(port, WARM_UP, 1.0, requests), options.connections)
        highest = highest_rate(Soak(port, BURST, 1.0, requests), options.connections)
        print(f"highest rate {highest:,.0f} requests a second", flush=True)
        run = Soak(port, options.share * highest, options.seconds, requests)
        pid = child.process.pid
        memory_mib = uvloop.run(soak(run, options.connections, pid, graph.supergraph))
        if child.process.poll() is not None:
            print(child.last_lines(), file=sys.stderr)
            return 1
    problems = verdict(run, memory_mib)
    print(
        f"{len(run.latencies_s):,} requests in {run.duration_s:.0f} s, {run.rate:,.0f} a second, "
        f"{len(run.errors)} errors\n"
        f"p50 {run.percentile_ms(50):.2f} ms, p99 {run.percentile_ms(99):.2f} ms, "
        f"p99.9 {run.percentile_ms(99.9):.2f} ms\n"
        f"memory {memory_mib[0]:.0f} MiB at first, {memory_mib[-1]:.0f} at last, "
        f"{max(memory_mib):.0f} at most"
    )
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def highest_rate(burst: Soak, connections: int) -> float:
    """Requests a second when all are due at once."""
    began = time.perf_counter()
    uvloop.run(burst.run(connections))
    if burst.errors:
        msg = f"{len(burst.errors)} errors at the highest rate: {burst.errors[0]!r}"
        raise SystemExit(msg)
    return len(burst.latencies_s) / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
