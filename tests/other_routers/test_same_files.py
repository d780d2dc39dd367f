"""Nobody is locked in: other federation software reads our files and gives the same answers."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from graphql import lexicographic_sort_schema, print_schema

from devstack.process import free_port
from devstack.stack import Stack
from router.composition import SubgraphDefinition, compose
from router.supergraph import load_supergraph
from tests.support.graph_client import GraphClient
from tests.support.known_operations import OPERATIONS, TOUR, Story, tell_all

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "schema"
NODE = shutil.which("node") or ""
if not NODE:
    pytest.skip("Node is not installed", allow_module_level=True)
if not (HERE / "node_modules" / ".package-lock.json").exists():
    pytest.skip("run `npm ci` in tests/other_routers first", allow_module_level=True)

START_TIMEOUT_S = 60


def api_schema(supergraph: str) -> str:
    schema = load_supergraph(supergraph).api_schema
    return print_schema(lexicographic_sort_schema(schema))


def test_the_open_composer_makes_the_same_api_schema() -> None:
    files = [f"{name}={SCHEMA / name}.graphql" for name in ("auth", "tasks")]
    done = subprocess.run(
        (NODE, "compose.mjs", *files), cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ours = (SCHEMA / "supergraph.graphql").read_text()
    assert api_schema(done.stdout) == api_schema(ours)


def supergraph_of(stack: Stack) -> str:
    """Our composition with the addresses of the running subgraphs."""
    subgraphs = [
        SubgraphDefinition(
            name,
            f"http://127.0.0.1:{stack.ports[f'{name.upper()}_PORT']}/graphql",
            (SCHEMA / f"{name}.graphql").read_text(),
        )
        for name in ("auth", "tasks")
    ]
    supergraph = compose(subgraphs).supergraph
    assert supergraph is not None
    return supergraph


@contextmanager
def hive_gateway(supergraph: Path, log: Path) -> Iterator[str]:
    port = str(free_port())
    command = (
        *(NODE, str(HERE / "node_modules" / ".bin" / "hive-gateway"), "supergraph"),
        *(str(supergraph), "--host", "127.0.0.1", "--port", port),
        *("--config-path", str(HERE / "gateway.config.mjs")),
    )
    environment = {"PATH": f"{Path(NODE).parent}:/usr/bin:/bin", "HOME": str(log.parent)}
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=HERE, env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for_answer(url, process, log)
            yield url
        finally:
            process.terminate()


def wait_for_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.post(f"{url}/graphql", json={"query": "{ __typename }"}).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"no answer from the gateway: {log.read_text()}")


async def told(url: str) -> Story:
    async with GraphClient(url) as client:
        story = Story(client)
        await tell_all(story)
        return story


async def test_hive_gateway_answers_the_same_over_our_supergraph(
    stack: Stack, tmp_path: Path
) -> None:
    """Each gateway is told the same story by people of its own; their data are compared."""
    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text(supergraph_of(stack))
    ours = await told(stack.router_url)
    with hive_gateway(supergraph, tmp_path / "gateway.log") as gateway_url:
        theirs = await told(gateway_url)
    assert ours.sent | {TOUR} == {file.stem for file in OPERATIONS.glob("*.graphql")}
    for mine, other in zip(ours.comparable_answers(), theirs.comparable_answers(), strict=True):
        assert mine == other
