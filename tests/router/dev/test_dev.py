"""`router dev`, from outside: what is served follows what the subgraphs say."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from router.checks.configuration import read_configuration
from router.checks.errors import CheckInputError
from router.cli import main
from router.dev.sources import configuration_of
from router.dev.watch import fingerprint
from tests.support.sdl_server import SdlServer, sdl_server
from tests.support.waiting import eventually


@pytest.fixture
def subgraph() -> Iterator[SdlServer]:
    with sdl_server() as server:
        yield server


@contextmanager
def dev(folder: Path, *sources: str) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """The program running, and the lines it has printed so far."""
    command = (sys.executable, "-m", "router", "dev", *sources, "--port", "0")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "",
             "ROUTER_SUPERGRAPH_POLL": "100ms"},
    ) as process:  # fmt: skip
        lines: list[str] = []
        output = process.stdout
        assert output is not None
        reader = threading.Thread(target=lambda: lines.extend(iter(output.readline, "")))
        reader.start()
        try:
            yield lines, process
        finally:
            process.terminate()
            process.wait(timeout=20)
            reader.join()


async def printed(lines: list[str], text: str) -> str:
    async def is_there() -> bool:
        return any(text in line for line in tuple(lines))

    await eventually(is_there, within_s=30)
    return next(line for line in lines if text in line)


async def fields(url: str) -> list[str]:
    async with httpx.AsyncClient() as client:
        query = "{ __schema { queryType { fields { name } } } }"
        answer = (await client.post(url, json={"query": query})).json()
    return [field["name"] for field in answer["data"]["__schema"]["queryType"]["fields"]]


async def test_what_is_served_follows_files_and_running_subgraphs(
    tmp_path: Path, subgraph: SdlServer
) -> None:
    (tmp_path / "b.graphql").write_text("type Query { b: Missing }")
    with dev(tmp_path, f"a={subgraph.url}", "b=b.graphql@http://b") as (lines, _):
        await printed(lines, "waiting for a change")
        assert any('unknown type "Missing"' in line for line in lines)
        (tmp_path / "b.graphql").write_text("type Query { b: Int }")
        url = (await printed(lines, " at http://")).split(" at ")[1].strip()
        assert await fields(url) == ["hello", "b"]

        (tmp_path / "b.graphql").write_text("type Query { b: Int")
        await printed(lines, "the last supergraph is served on")
        assert await fields(url) == ["hello", "b"]

        (tmp_path / "b.graphql").write_text("type Query { c: Int }")
        subgraph.sdl = "type Query { hello: String, world: String }"

        async def is_served() -> bool:
            return await fields(url) == ["hello", "world", "c"]

        await eventually(is_served, within_s=30)


def test_a_module_is_looked_at_with_its_whole_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "watched_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "types.py").write_text("A = 1")
    configuration = tmp_path / "supergraph.yaml"
    configuration.write_text(configuration_of(["a=watched_package.schema@http://a"]))
    monkeypatch.syspath_prepend(tmp_path)
    before = fingerprint(configuration)
    assert fingerprint(configuration) == before
    (package / "types.py").write_text("A = 10")
    assert fingerprint(configuration) != before


def test_sources_become_a_configuration(tmp_path: Path) -> None:
    sources = ["a=http://a/graphql", "b=sdl/b.graphql@http://b", "c=c.api:schema@https://c"]
    entries = read_configuration(tmp_path, configuration_of(sources))
    assert [(entry.name, entry.kind, entry.url) for entry in entries] == [
        ("a", "subgraph_url", ""),
        ("b", "file", "http://b"),
        ("c", "module", "https://c"),
    ]
    assert Path(entries[1].source).is_absolute()


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["a=a.graphql"], "does not say where a runs"),
        (["a=http://a", "b"], "b is neither a supergraph.yaml nor NAME=URL"),
        (["a=http://a", "a=http://b"], "two sources are called a"),
        (["a=localhost:4001/graphql"], "a=http://localhost:4001/graphql"),
    ],
)
def test_sources_of_another_form_are_named(sources: list[str], message: str) -> None:
    with pytest.raises(CheckInputError, match=message):
        configuration_of(sources)


def test_a_configuration_that_is_not_there_is_wrong_usage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["dev", "nowhere.yaml"]) == 2
    assert "nowhere.yaml: No such file" in capsys.readouterr().err
