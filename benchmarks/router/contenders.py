"""Who is measured, and how each is started on a supergraph file.

All run as one process with their defaults, without tokens, limits and access log, except where the
name says "all on".
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.router import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
MODULES = PEERS / "node_modules"
GRAFBASE_PACKAGE = "@grafbase/cli-x86_64-unknown-linux-musl"
HIVE_ROUTER = PEERS / "hive-router"
"""Where `cargo install` has put it."""


class UnavailableError(Exception):
    """A contender that cannot run here; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One composed graph on disk, its stub subgraphs already listening."""

    supergraph: Path
    subgraphs: dict[str, tuple[str, Path]]
    """Name to (URL, SDL file)."""
    jwks_url: str


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    command: Callable[[Graph, int], Sequence[str]]
    """Of the graph and the port to listen on."""
    version: Callable[[], str]
    is_peer: bool = True
    env: Callable[[Graph], dict[str, str]] = lambda _graph: {}
    is_sent_tokens: bool = False

    def environment(self, graph: Graph) -> dict[str, str]:
        inherited = ("PATH", "HOME", "LANG")
        kept = {name: value for name in inherited if (value := os.getenv(name)) is not None}
        return {**kept, "NODE_ENV": "production", "NO_COLOR": "1", **self.env(graph)}


def install_peers() -> None:
    """Install the peers from npm unless they are there.

    Raises:
        UnavailableError: There is no npm, or it failed.
    """
    if (MODULES / ".package-lock.json").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError("npm is not installed")
    done = subprocess.run(  # noqa: S603 - npm with fixed arguments
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=PEERS,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        msg = f"npm ci failed: {reason}"
        raise UnavailableError(msg)


def router(graph: Graph, port: int) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "router", "serve"),
        *("--supergraph", str(graph.supergraph)),
        *("--host", "127.0.0.1", "--port", str(port)),
    )


def hive_gateway(graph: Graph, port: int) -> Sequence[str]:
    return (
        *(str(MODULES / ".bin" / "hive-gateway"), "supergraph", str(graph.supergraph)),
        *("--host", "127.0.0.1", "--port", str(port)),
    )


def hive_gateway_rust_planner(graph: Graph, port: int) -> Sequence[str]:
    return (*hive_gateway(graph, port), "--hive-router-runtime")


def apollo_gateway(graph: Graph, port: int) -> Sequence[str]:
    return ("node", str(PEERS / "apollo-gateway.mjs"), str(graph.supergraph), str(port))


def grafbase(graph: Graph, port: int) -> Sequence[str]:
    """It composes for itself, from a configuration written next to the supergraph."""
    lines = ["[telemetry.tracing]", "sampling = 0"]
    for name, (url, sdl) in graph.subgraphs.items():
        lines += [f"[subgraphs.{name}]", f'url = "{url}"', f'schema_path = "{sdl}"']
    config = graph.supergraph.with_name("grafbase.toml")
    config.write_text("\n".join(lines) + "\n")
    binary = MODULES / GRAFBASE_PACKAGE / "grafbase"
    return (str(binary), "dev", "--config", str(config), "--listen-address", f"127.0.0.1:{port}")


def hive_router(graph: Graph, port: int) -> Sequence[str]:
    return (
        *("env", f"SUPERGRAPH_FILE_PATH={graph.supergraph}", "HOST=127.0.0.1", f"PORT={port}"),
        *("LOG_LEVEL=error", str(HIVE_ROUTER / "bin" / "hive_router")),
    )


def hive_router_version() -> str:
    installed = HIVE_ROUTER / ".crates2.json"
    if not installed.exists():
        msg = "not installed; benchmarks/README.md says how"
        raise UnavailableError(msg)
    [package] = json.loads(installed.read_text())["installs"]
    return str(package).split()[1]


def npm_version(package: str) -> Callable[[], str]:
    def read() -> str:
        file = MODULES / package / "package.json"
        if not file.exists():
            msg = f"{package} is not installed"
            raise UnavailableError(msg)
        return str(json.loads(file.read_text())["version"])

    return read


def router_version() -> str:
    return f"Python {sys.version.split()[0]}, uvicorn {metadata.version('uvicorn')}"


def everything_off(_graph: Graph) -> dict[str, str]:
    return {"ROUTER_ENV": "production", "ROUTER_LOG_OPERATIONS": "false"}


def everything_on(graph: Graph) -> dict[str, str]:
    """Tokens, rate limits, cost, a log line for every operation, metrics: as before real users."""
    return {
        "ROUTER_ENV": "production",
        "ROUTER_JWKS_URL": graph.jwks_url,
        "ROUTER_JWT_ISSUER": identity.ISSUER,
        "ROUTER_JWT_AUDIENCE": identity.AUDIENCE,
        "ROUTER_MAX_COST": "1000000",
        "ROUTER_RATE_LIMIT_USER": "100000000/1m",
        "ROUTER_RATE_LIMIT_ANONYMOUS": "100000000/1m",
    }


OURS = Contender("router", router, router_version, is_peer=False, env=everything_off)
OURS_ALL_ON = Contender(
    "router, all on",
    router,
    router_version,
    is_peer=False,
    env=everything_on,
    is_sent_tokens=True,
)
CONTENDERS = (
    OURS,
    OURS_ALL_ON,
    Contender("Grafbase", grafbase, npm_version(GRAFBASE_PACKAGE)),
    Contender("Hive Router", hive_router, hive_router_version),
    Contender(
        "Hive Gateway, Rust planner",
        hive_gateway_rust_planner,
        npm_version("@graphql-hive/gateway"),
    ),
    Contender("Hive Gateway", hive_gateway, npm_version("@graphql-hive/gateway")),
    Contender("Apollo Gateway", apollo_gateway, npm_version("@apollo/gateway")),
)
