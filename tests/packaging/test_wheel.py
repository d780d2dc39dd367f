"""The router as a package: installed alone, it composes, checks and serves a foreign graph."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, graphql_sync

CHECKOUT = Path(__file__).resolve().parents[2]
_LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])'
_BOOKS = f"""{_LINK}
type Query {{ books: [Book!]! }}
type Book @key(fields: "isbn") {{ isbn: ID! title: String! }}
"""
_REVIEWS = f"""{_LINK}
type Book @key(fields: "isbn") {{ isbn: ID! stars: Int }}
"""
_EXECUTABLE = {
    "books": "type Query { books: [Book!]! } type Book { isbn: ID! title: String! }",
    "reviews": """
        scalar _Any
        union _Entity = Book
        type Query { _entities(representations: [_Any!]!): [_Entity]! }
        type Book { isbn: ID! stars: Int }
    """,
}
_BOOK_ROWS = [{"isbn": "1", "title": "Walden"}, {"isbn": "2", "title": "Emma"}]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).parent / "uv"
    _run(uv, "build", "--quiet", "--wheel", "--out-dir", folder, CHECKOUT)
    _run(uv, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    pins = CHECKOUT / "requirements.txt"
    _run(uv, "pip", "install", "--quiet", "--python", python, "--constraint", pins, wheel)
    return python.parent


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Path]:
    """A folder with two SDL files, and the subgraphs running."""
    with _subgraph("books") as books, _subgraph("reviews") as reviews:
        (tmp_path / "books.graphql").write_text(_BOOKS)
        (tmp_path / "reviews.graphql").write_text(_REVIEWS)
        (tmp_path / "supergraph.yaml").write_text(f"""
federation_version: "2.3"
subgraphs:
  books: {{ routing_url: "{books}", schema: {{ file: books.graphql }} }}
  reviews: {{ routing_url: "{reviews}", schema: {{ file: reviews.graphql }} }}
""")
        yield tmp_path


def test_it_composes_checks_and_serves_a_foreign_graph(installed: Path, graph: Path) -> None:
    router = installed / "federated-router"
    released = graph / "released.graphql"
    _run(router, "compose", "supergraph.yaml", "-o", released, cwd=graph)

    (graph / "books.graphql").write_text(_BOOKS.replace("title: String!", "name: String!"))
    check = _run(router, "check", "supergraph.yaml", "--against", released, cwd=graph, exit_code=1)
    assert "Book.title" in check

    with _served(router, released) as url:
        answer = httpx.post(f"{url}/graphql", json={"query": "{ books { title stars } }"}).json()
        page = httpx.get(f"{url}/")
    assert answer == {
        "data": {"books": [{"title": "Walden", "stars": 4}, {"title": "Emma", "stars": 4}]}
    }
    assert "GraphiQL" in page.text


def test_it_brings_nothing_of_the_services(installed: Path) -> None:
    listed = _run(installed / "python", "-c", _FIND)
    assert listed.split() == ["router"]


_FIND = """
from importlib.util import find_spec
names = "router auth_subgraph tasks_subgraph subgraph_kit devstack strawberry sqlalchemy".split()
print(*(name for name in names if find_spec(name)))
"""


def _run(*command: str | Path, cwd: Path | None = None, exit_code: int = 0) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd or Path("/"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout


@contextmanager
def _served(router: Path, supergraph: Path) -> Iterator[str]:
    port = _free_port()
    command = [str(router), "serve", "--supergraph", str(supergraph), "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=supergraph.parent) as process:
        try:
            _wait_until_ready(url, process)
            yield url
        finally:
            process.terminate()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{url}/health/ready").is_success:
                return
        except httpx.TransportError:
            assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _subgraph(name: str) -> Iterator[str]:
    schema = build_schema(_EXECUTABLE[name])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            result = graphql_sync(
                schema,
                request["query"],
                {"books": _BOOK_ROWS, "_entities": _reviewed},
                variable_values=request.get("variables"),
                type_resolver=lambda *_: "Book",
            )
            body = json.dumps(result.formatted).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/graphql"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _reviewed(_info: object, representations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**representation, "stars": 4} for representation in representations]
