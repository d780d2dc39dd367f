"""What a router writes in a program that has configured no logging."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio
from router import Router
from tests.router.policies.accounts_supergraph import SDL
from tests.router.server.stub_subgraphs import StubSubgraph, answering


def fail(request):
    token = dict(request.headers)["authorization"]
    raise RuntimeError("a subgraph client that breaks")


async def main():
    headers = {"authorization": "Bearer hidden-from-logs"}
    async with Router(SDL, {"auth": StubSubgraph(fail), "tasks": answering()}) as router:
        print(await router.execute("{ version }", headers=headers))
        router.pipeline.engine.planner = None
        print(await router.execute("{ me { id } }", headers=headers))


asyncio.run(main())
"""


def test_tracebacks_show_no_values() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[3],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "SUBGRAPH_UNAVAILABLE" in done.stdout
    assert "INTERNAL_SERVER_ERROR" in done.stdout
    assert done.stderr.count("Traceback") >= 2
    assert "a subgraph client that breaks" in done.stderr
    assert "hidden-from-logs" not in done.stdout + done.stderr
