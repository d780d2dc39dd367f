"""Which processes make up each stack, and how they are started."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.router.contenders import (
    OURS,
    ROOT,
    Contender,
    Graph,
    UnavailableError,
    apollo_gateway,
    hive_gateway_rust_planner,
    npm_version,
    router_version,
)
from benchmarks.router.load import Asked, Target
from benchmarks.router.measure import Samples, url_of
from benchmarks.router.processes import Child, Trees, free_port, running, wait_for_answer
from router.checks.subgraph_sources import sdl_of_endpoint
from router.composition import SubgraphDefinition, compose

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from benchmarks.router.workloads import Workload

SERVICES = ("tasks", "users")
HIVE, APOLLO, REST = (
    "Hive Gateway with Rust planner, default Strawberry",
    "Apollo Gateway, default Strawberry",
    "REST, batched, FastAPI and httpx",
)
_SERVICE_SDL = b'{"query": "{ _service { sdl } }"}'


@dataclass(slots=True)
class Stack:
    """A gateway that listens, and everything whose CPU time counts as its own.

    Attributes:
        parts: Gateway, services and Postgres, each with its processes.
        samples: By workload.
        cpu_us_of_parts: By workload and part, one entry a round.
    """

    name: str
    version: str
    target: Target
    parts: Mapping[str, Trees]
    samples: dict[str, Samples] = field(default_factory=dict)
    cpu_us_of_parts: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    memory_mib: float = 0.0

    def cpu_s(self) -> dict[str, float]:
        return {part: processes.cpu_s() for part, processes in self.parts.items()}


@dataclass(frozen=True, slots=True)
class RestTarget(Target):
    first: int = 20

    def requests(self, workload: Asked) -> Callable[[int], bytes]:
        def request(number: int) -> bytes:
            page = workload.proof(number).decode().strip('"')
            path = f"/tasks?page={page}&first={self.first}"
            return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()

        return request


@dataclass(frozen=True, slots=True)
class Services:
    """Two running services of one kind."""

    urls: Mapping[str, str]
    pids: Mapping[str, int]


class Launcher:
    """Starts what stacks consist of; all of it ends with the exit stack.

    Args:
        exits: Ends the processes.
        folder: For logs and supergraphs.
        databases: Address by service name.
        postgres_pid: Of the server that all stacks share; rounds are taken one at a time.
    """

    def __init__(
        self,
        exits: contextlib.ExitStack,
        folder: Path,
        databases: Mapping[str, str],
        postgres_pid: int,
    ) -> None:
        self._exits = exits
        self._folder = folder
        self._databases = databases
        self._postgres_pid = postgres_pid

    def services(self, module: str, probes: Mapping[str, str | None]) -> Services:
        """Start the tasks and the users service of a module of this package.

        Args:
            module: Its name.
            probes: What to ask each until it answers: a path, or None for its SDL.
        """
        urls: dict[str, str] = {}
        pids: dict[str, int] = {}
        for name in SERVICES:
            port, environment = free_port(), {"DATABASE_URL": self._databases[name]}
            child = self._python(f"{module}-{name}", module, name, port, environment)
            probe, url = probes[name], f"http://127.0.0.1:{port}"
            if probe is None:
                wait_for_answer(child, f"{url}/graphql", _SERVICE_SDL)
            else:
                wait_for_answer(child, f"{url}{probe}", None)
            urls[name] = url
            pids[name] = child.process.pid
        return Services(urls, pids)

    def gateway(
        self, name: str, contender: Contender, services: Services, probe: Workload
    ) -> Stack:
        """A GraphQL gateway on the composed schema of two running services.

        Raises:
            UnavailableError, DidNotStartError: It cannot run here.
        """
        version, port = contender.version(), free_port()
        label = name.replace(" ", "-").replace(",", "")
        graph = _composed(services, self._folder / f"{label}.graphql")
        child = self._exits.enter_context(
            running(
                contender.command(graph, port),
                self._folder / f"{label}.log",
                env=contender.environment(graph),
                cwd=ROOT,
            )
        )
        wait_for_answer(child, url_of(port), probe.body(0))
        return Stack(name, version, Target(port), self._parts(child, services))

    def rest(self) -> Stack:
        services = self.services("rest", {"tasks": "/tasks?page=page-0&first=1",
                                          "users": "/users?id=user_" + "0" * 32})  # fmt: skip
        port = free_port()
        environment = {f"{name.upper()}_URL": url for name, url in services.urls.items()}
        child = self._python("rest-gateway", "rest", "gateway", port, environment)
        target = RestTarget(port)
        wait_for_answer(child, f"http://127.0.0.1:{port}/tasks?page=page-0&first=1", None)
        return Stack(REST, router_version(), target, self._parts(child, services))

    def _python(
        self, label: str, module: str, name: str, port: int, environment: Mapping[str, str]
    ) -> Child:
        command = (sys.executable, "-m", f"benchmarks.end_to_end.{module}", name)
        env = {"PATH": "/usr/bin:/bin", "PORT": str(port), **environment}
        log = self._folder / f"{label}.log"
        return self._exits.enter_context(running(command, log, env=env, cwd=ROOT))

    def _parts(self, gateway: Child, services: Services) -> Mapping[str, Trees]:
        pids = {"gateway": gateway.process.pid, **services.pids, "Postgres": self._postgres_pid}
        return {part: Trees((pid,)) for part, pid in pids.items()}


def _composed(services: Services, file: Path) -> Graph:
    urls = {name: f"{url}/graphql" for name, url in services.urls.items()}
    composition = compose(
        [SubgraphDefinition(name, url, sdl_of_endpoint(url)) for name, url in urls.items()]
    )
    if composition.supergraph is None:
        raise UnavailableError(str(composition.errors))
    file.write_text(composition.supergraph)
    return Graph(file, {}, "")


GATEWAYS: tuple[tuple[str, str, Contender], ...] = (
    ("router, our subgraphs", "our_subgraphs", OURS),
    ("router, default Strawberry", "default_subgraphs", OURS),
    (
        HIVE,
        "default_subgraphs",
        Contender(HIVE, hive_gateway_rust_planner, npm_version("@graphql-hive/gateway")),
    ),
    (
        APOLLO,
        "default_subgraphs",
        Contender(APOLLO, apollo_gateway, npm_version("@apollo/gateway")),
    ),
)
"""Name of the stack, module of its subgraphs, its gateway."""
