"""`router init`: which files of a folder are taken for subgraphs."""

from pathlib import Path

import pytest

from router.checks.subgraph_sources import load_subgraphs
from router.cli import main

FEDERATED = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { a: A }
type A @key(fields: "id") { id: ID! }
"""
PLAIN = "type Query { b: Int }"


def found(folder: Path) -> list[str]:
    assert main(["init", str(folder)]) == 0
    return [subgraph.source for subgraph in load_subgraphs(folder / "supergraph.yaml")]


def test_files_with_federation_are_the_subgraphs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "node_modules").mkdir()
    for name, text in {
        "a.graphql": FEDERATED,
        "b.gql": FEDERATED,
        "api.graphql": PLAIN,
        "operation.graphql": "{ a { id } }",
        "broken.graphql": "type {",
        "supergraph.graphql": "enum join__Graph { A }",
        "node_modules/c.graphql": FEDERATED,
    }.items():
        (tmp_path / name).write_text(text)
    assert found(tmp_path) == [str(tmp_path / "a.graphql"), str(tmp_path / "b.gql")]
    assert [line for line in capsys.readouterr().out.splitlines() if "Left out" in line] == [
        "Left out: api.graphql (no directive of federation in it)",
        "Left out: broken.graphql (line 1: Syntax Error: Expected Name, found '{'.)",
    ]


def test_without_federation_every_schema_is_one(tmp_path: Path) -> None:
    (tmp_path / "sdl").mkdir()
    (tmp_path / "sdl" / "b.graphqls").write_text(PLAIN)
    assert found(tmp_path) == [str(tmp_path / "sdl" / "b.graphqls")]
    assert main(["compose", str(tmp_path / "supergraph.yaml")]) == 0


def test_a_configuration_is_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.graphql").write_text(PLAIN)
    (tmp_path / "supergraph.yaml").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert "supergraph.yaml: File exists" in capsys.readouterr().err
    assert (tmp_path / "supergraph.yaml").read_text() == "mine"


def test_a_folder_without_schemas_or_with_two_of_one_name_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path)]) == 2
    assert "holds no schema" in capsys.readouterr().err
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.graphql").write_text(PLAIN)
    assert main(["init", str(tmp_path)]) == 2
    assert "two files would be the subgraph a" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "nowhere")]) == 2
