"""The SDL says what the contract says, and the committed copy is the present one."""

from pathlib import Path

import pytest

from subgraph_kit.sdl import export_sdl
from tasks_subgraph.__main__ import main
from tasks_subgraph.api.schema import schema
from tests.support.logs import own_logging
from tests.support.sdl import links, sorted_sdl

REPOSITORY = Path(__file__).parents[2]
CONTRACT = REPOSITORY.parent / "shared" / "contract" / "tasks.graphql"


def test_the_committed_sdl_is_the_exported_one() -> None:
    assert (REPOSITORY / "schema" / "tasks.graphql").read_text() == export_sdl(schema)


@pytest.mark.skipif(not CONTRACT.exists(), reason=f"the contract is not at {CONTRACT}")
def test_the_sdl_says_word_for_word_what_the_contract_says() -> None:
    exported, contract = export_sdl(schema), CONTRACT.read_text()

    assert sorted_sdl(exported) == sorted_sdl(contract)
    assert links(exported) == links(contract)


def test_the_command_prints_the_sdl_without_any_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tasks_subgraph", "export-schema"])
    with own_logging():
        assert main() == 0

    assert capsys.readouterr().out == export_sdl(schema)
