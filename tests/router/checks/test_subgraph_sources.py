"""Where a supergraph.yaml may take SDL from, and what a broken one is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from router.checks.errors import CheckInputError
from router.checks.files import excerpt
from router.checks.subgraph_sources import load_subgraphs
from router.cli import main
from tests.support.sdl_server import sdl_server

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


@pytest.fixture
def running_subgraph() -> Iterator[str]:
    with sdl_server() as server:
        yield server.url


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


def test_sdl_may_stand_in_the_configuration(tmp_path: Path) -> None:
    (loaded,) = load_subgraphs(configured(tmp_path, f"{{sdl: '{SDL}'}}"))
    assert (loaded.sdl, loaded.source) == (SDL, f"{tmp_path / 'supergraph.yaml'}:4")


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            "{file: nowhere.graphql}",
            r"supergraph\.yaml:4: subgraph hello: .*nowhere\.graphql: No such",
        ),
        ("{file: empty}", r"empty: Is a directory"),
        ("{subgraph_url: 'http://127.0.0.1:9/'}", "http://127.0.0.1:9/ does not answer"),
        ("{subgraph_url: 'localhost:8001'}", "must begin with http"),
        ("{module: 'no.such:schema'}", "no.such:schema: there is no module no "),
        (
            "{fil: x}",
            r"supergraph\.yaml:4: the schema of subgraph hello has the unknown key fil; is it",
        ),
        ("{file: x, sdl: y}", "subgraph hello needs exactly one of"),
        ("{file: [x]}", "`file` of subgraph hello must be a text"),
        ("hello.graphql", "the schema of subgraph hello must be a mapping"),
        ("{file: x, file: y}", "file is there twice"),
        ("[", r"supergraph\.yaml:5:1: this is not YAML"),
    ],
)
def test_a_source_that_cannot_be_used_is_named(schema: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckInputError, match=message):
        load_subgraphs(configured(tmp_path, schema))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no subgraphs"),
        ("subgraphs: []", "names no subgraphs"),
        ("federation_version: 2", "names no subgraphs"),
        (
            "subgraph: {}",
            r"supergraph\.yaml:1: the file has the unknown key subgraph; is it subgraphs",
        ),
        ("subgraphs: {a: {}, a: {}}", "a is there twice"),
        ("subgraphs:\n  a: a.graphql", r"supergraph\.yaml:2: subgraph a must be a mapping with"),
        ("subgraphs:\n  a: {routing_url: x}", "subgraph a needs a `schema`"),
        ("subgraphs:\n  a: {routing_ulr: x}", "unknown key routing_ulr; is it routing_url"),
        ("subgraphs:\n  a: {schema: {file: x}}", "subgraph a needs a `routing_url`"),
        ("\x00", "is not YAML"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_where(
    text: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "supergraph.yaml"
    file.write_text(text)
    with pytest.raises(CheckInputError, match=message):
        load_subgraphs(file)


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("raises", "x = 1\nraise OSError('no disk')", "raises.py:2: OSError: no disk"),
        ("exits", "import sys\nsys.exit(3)", "exits.py:2: SystemExit: 3"),
        ("broken", "\ndef (", "broken.py:2: invalid syntax"),
        ("lacking", "import no_such_library", "lacking.py:1: ModuleNotFoundError: No module named"),
        ("typo", "import os\nos.nothing", "typo.py:2: AttributeError"),
        ("nameless", "other = 1", "nameless:schema: nameless has no schema"),
        ("number", "schema = 3", "number:schema is a int, not a schema"),
        ("late", "class S:\n def as_str(self):\n  return 1 / 0\nschema = S()",
         "late.py:3: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_used_says_which_line_is_to_blame(
    name: str, source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CheckInputError, match=message):
        load_subgraphs(configured(tmp_path, f"{{module: '{name}:schema'}}"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xef\xbb\xbftype Query { hello: String }\r\n", 0),
        (b"type Query {\r\n  hello: String\r\n}\r\n", 0),
        (b"", 1),
        (b"type Query {", 1),
        (b"\xff\xfe", 2),
    ],
)
def test_any_file_has_an_answer(
    content: bytes, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hello.graphql").write_bytes(content)
    assert main(["compose", str(configured(tmp_path, "{file: hello.graphql}"))]) == code
    printed = capsys.readouterr()
    assert bool(printed.out) == (code == 0)
    assert ("hello.graphql:1:" in printed.err) == (code != 0)


def test_composition_errors_show_the_line_with_a_caret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hello.graphql").write_text("type Query {\n  hello: Missing\n}\n")
    assert main(["compose", str(configured(tmp_path, "{file: hello.graphql}"))]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"hello: {tmp_path / 'hello.graphql'}:2:3\n" in printed.err
    assert "    2 |   hello: Missing\n" in printed.err


def test_hints_are_counted_and_shown_on_demand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, description in (("a", "One."), ("b", "Two.")):
        text = f'type Query {{ {name}: T }} "{description}" type T @shareable {{ id: ID }}'
        link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
        (tmp_path / f"{name}.graphql").write_text(f'{link}import: ["@shareable"])\n{text}')
    file = tmp_path / "supergraph.yaml"
    entry = "{{routing_url: http://{0}, schema: {{file: {0}.graphql}}}}"
    file.write_text(f"subgraphs: {{a: {entry.format('a')}, b: {entry.format('b')}}}")
    assert main(["compose", str(file), "-o", str(tmp_path / "out.graphql")]) == 0
    assert capsys.readouterr().err == "1 hint; --hints shows them\n"
    assert main(["compose", str(file), "-o", str(tmp_path / "out.graphql"), "--hints"]) == 0
    assert "hint INCONSISTENT_DESCRIPTION: " in capsys.readouterr().err


def test_a_caret_stands_under_its_column_also_after_tabs() -> None:
    assert excerpt("a\n\tb c", 2, 4) == "    2 | \tb c\n      | \t  ^"
    assert excerpt("a", 9, 1) == ""
