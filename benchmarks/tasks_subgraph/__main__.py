"""`python -m benchmarks.tasks_subgraph`: CPU time of a page of 20 tasks from 100,000 rows.

Both contenders run as one process each against the same database; every request asks for another
page, so that nothing can be answered from memory. Rounds alternate, figures are medians. `--check`
is shorter and fails when the subgraph costs more than the bound.
"""

import argparse
import asyncio
import json
import platform
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from benchmarks.router.load import Target, run_load
from benchmarks.router.processes import Child, free_port, running
from devstack.postgres import EmbeddedPostgres
from subgraph_kit.database import Database
from subgraph_kit.ids import format_id, uuid7
from subgraph_kit.migrations import upgrade
from tasks_subgraph.migrations import FOLDER
from tests.support.token_issuer import AUDIENCE, ISSUER, TokenIssuer
from tests.tasks_subgraph.seeding import seed_by_sql

ROOT = Path(__file__).parents[2]
BOUND = 1 / 3
TASKS_PER_OWNER = 10_000
OWNERS, OWNERS_IN_CHECK = 10, 2
PAGES = 300
CONNECTIONS = 16
START_TIMEOUT_S = 30

OPERATION = """
query Page($after: String) {
  tasks(first: 20, after: $after) {
    nodes {
      id title description status isCompleted priority dueAt isOverdue completedAt createdAt
      updatedAt version owner { id }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
CONTENDERS = {"tasks subgraph": ["-m", "tasks_subgraph", "serve"],
              "ordinary way": ["-m", "benchmarks.tasks_subgraph.yardstick"]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pages:
    """Requests for one page after the other."""

    bodies: list[bytes]

    def body(self, number: int) -> bytes:
        return self.bodies[number % len(self.bodies)]

    def proof(self, _number: int) -> bytes:
        return b'"hasNextPage":true'


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tasks_subgraph")
    parser.add_argument("--check", action="store_true", help="short, fails over the bound")
    arguments = parser.parse_args()
    rounds, load_s = (3, 1.0) if arguments.check else (7, 6.0)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-tasks-")))
        folder.chmod(0o755)
        issuer = TokenIssuer()
        issuer_port = stack.enter_context(serving(issuer))
        server = stack.enter_context(
            EmbeddedPostgres(folder / "postgres", password=secrets.token_hex(8))
        )
        owners = [uuid7() for _ in range(OWNERS_IN_CHECK if arguments.check else OWNERS)]
        url = asyncio.run(prepare(server, owners))
        token = issuer.token(format_id("user", owners[0]))
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTENDERS}
        started = {
            name: stack.enter_context(contender(name, command, url, issuer_port, folder))
            for name, command in CONTENDERS.items()
        }
        targets = {name: Target(port, token) for name, (_child, port) in started.items()}
        pages = {name: pages_of(target) for name, target in targets.items()}
        for _ in range(rounds):
            for name, (child, _port) in started.items():
                results[name].append(measure(child, targets[name], pages[name], load_s))
    return report(results, is_check=arguments.check)


def measure(child: Child, target: Target, pages: Pages, load_s: float) -> tuple[float, float]:
    """CPU microseconds a request, requests a second."""
    before = child.cpu_s()
    load = run_load(target, pages, connections=CONNECTIONS, duration_s=load_s)
    count = load.requests()
    return (child.cpu_s() - before) / count * 1e6, count / load.duration_s


def report(results: dict[str, list[tuple[float, float]]], *, is_check: bool) -> int:
    cpu = {name: statistics.median(us for us, _ in runs) for name, runs in results.items()}
    rate = {name: statistics.median(rps for _, rps in runs) for name, runs in results.items()}
    print(f"{platform.platform()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
    rows = TASKS_PER_OWNER * (OWNERS_IN_CHECK if is_check else OWNERS)
    print(f"| 20 tasks with pageInfo, {rows:,} rows | CPU us a request | requests/s |")
    print("|---|---|---|")
    for name in results:
        print(f"| {name} | {cpu[name]:.0f} | {rate[name]:.0f} |")
    ratio = cpu["tasks subgraph"] / cpu["ordinary way"]
    print(f"ratio 1/{1 / ratio:.1f}, bound 1/{1 / BOUND:.0f}")
    return 1 if is_check and ratio > BOUND else 0


async def prepare(server: EmbeddedPostgres, owners: list[UUID]) -> str:
    connection = await asyncpg.connect(server.url())
    await connection.execute("CREATE DATABASE tasks")
    await connection.close()
    url = server.url("tasks", driver="postgresql+asyncpg")
    await upgrade(url, FOLDER)
    database = Database(url, application_name="benchmark")
    for owner_id in owners:
        await seed_by_sql(database, owner_id, TASKS_PER_OWNER)
    async with database.connection() as connection:
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("VACUUM ANALYZE tasks")
    await database.close()
    return url


@contextmanager
def serving(issuer: TokenIssuer) -> Iterator[int]:
    """What auth publishes, over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name http.server asks for
            answer = issuer.publish(ISSUER + self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@contextmanager
def contender(
    name: str, command: list[str], url: str, issuer_port: int, folder: Path
) -> Iterator[tuple[Child, int]]:
    port = free_port()
    auth = f"http://127.0.0.1:{issuer_port}"
    environment = {
        "TASKS_DATABASE_URL": url,
        "TASKS_PORT": str(port),
        "TASKS_JWKS_URL": f"{auth}/.well-known/jwks.json",
        "TASKS_REVOCATIONS_URL": f"{auth}/revocations",
        "TASKS_JWT_ISSUER": ISSUER,
        "TASKS_JWT_AUDIENCE": AUDIENCE,
        "TASKS_LOG_LEVEL": "warning",
    }
    log = folder / f"{name}.log"
    with running([sys.executable, *command], log, env=environment, cwd=ROOT) as child:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise SystemExit(child.last_lines()) from None
                time.sleep(0.1)
        yield child, port


def pages_of(target: Target) -> Pages:
    """The first pages of the token's owner."""
    bodies, after = [], None
    for _ in range(PAGES):
        body = json.dumps({"query": OPERATION, "variables": {"after": after}}).encode()
        headers = {"authorization": f"Bearer {target.token}", "content-type": "application/json"}
        url = f"http://127.0.0.1:{target.port}/graphql"
        answer = httpx.post(url, content=body, headers=headers).json()
        assert len(answer["data"]["tasks"]["nodes"]) == 20, answer
        after = answer["data"]["tasks"]["pageInfo"]["endCursor"]
        bodies.append(body)
    return Pages(bodies)


if __name__ == "__main__":
    sys.exit(main())
