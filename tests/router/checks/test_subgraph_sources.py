"""Where a supergraph.yaml may take SDL from, and what a broken one is told."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from router.checks.errors import CheckInputError
from router.checks.subgraph_sources import excerpt, load_subgraphs
from router.cli import main

SDL = "type Query { hello: String }"
STRAWBERRY = """
import strawberry

@strawberry.type
class Query:
    hello: str

schema = strawberry.Schema(Query)
"""
GRAPHQL_CORE = """
from graphql import build_schema

schema = build_schema("type Service { sdl: String } type Query { _service: Service }")
answer = {"sdl": "type Query { hello: String }"}
schema.query_type.fields["_service"].resolve = lambda *_: answer
"""


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = b'{"data": {"_service": {"sdl": "type Query { hello: String }"}}}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def running_subgraph() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/graphql"
        server.shutdown()
        thread.join()


def configured(folder: Path, schema: str) -> Path:
    file = folder / "supergraph.yaml"
    file.write_text(f"subgraphs:\n  hello:\n    routing_url: http://hello\n    schema: {schema}\n")
    return file


def test_sdl_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "hello.graphql").write_text(SDL)
    (loaded,) = load_subgraphs(configured(tmp_path, "{file: hello.graphql}"))
    assert (loaded.name, loaded.url, loaded.sdl) == ("hello", "http://hello", SDL)
    assert loaded.source == str(tmp_path / "hello.graphql")


def test_sdl_comes_from_a_running_subgraph(tmp_path: Path, running_subgraph: str) -> None:
    (loaded,) = load_subgraphs(configured(tmp_path, f"{{subgraph_url: '{running_subgraph}'}}"))
    assert (loaded.sdl, loaded.source) == (SDL, running_subgraph)


@pytest.mark.parametrize(
    ("name", "module"), [("hello_strawberry", STRAWBERRY), ("hello_core", GRAPHQL_CORE)]
)
def test_sdl_comes_from_a_schema_object(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    (loaded,) = load_subgraphs(configured(tmp_path, f"{{module: '{name}:schema'}}"))
    assert "hello: String" in loaded.sdl


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{file: nowhere.graphql}", r"nowhere\.graphql: No such file"),
        ("{subgraph_url: 'http://127.0.0.1:9/'}", "http://127.0.0.1:9/ does not answer"),
        ("{module: 'no.such:schema'}", "no.such:schema is not an importable schema"),
        ("{sdl: x}", "subgraph hello needs a `schema` with one of"),
        ("[", "is not YAML"),
    ],
)
def test_a_source_that_cannot_be_used_is_named(schema: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CheckInputError, match=message):
        load_subgraphs(configured(tmp_path, schema))


def test_a_configuration_without_subgraphs_says_so(tmp_path: Path) -> None:
    file = tmp_path / "supergraph.yaml"
    for text in ("", "subgraphs: []", "federation_version: 2"):
        file.write_text(text)
        with pytest.raises(CheckInputError, match="names no subgraphs"):
            load_subgraphs(file)


def test_composition_errors_show_the_line_with_a_caret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hello.graphql").write_text("type Query {\n  hello: Missing\n}\n")
    assert main(["compose", str(configured(tmp_path, "{file: hello.graphql}"))]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"hello: {tmp_path / 'hello.graphql'}:2:" in printed.err
    assert "    2 |   hello: Missing\n" in printed.err


def test_a_caret_stands_under_its_column_also_after_tabs() -> None:
    assert excerpt("a\n\tb c", 2, 4) == "    2 | \tb c\n      | \t  ^"
    assert excerpt("a", 9, 1) == ""
