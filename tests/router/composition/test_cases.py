"""Composer cases: subgraphs in, supergraph or errors out, as text.

Each `NAME.graphql` holds subgraphs, each after a line `# subgraph NAME`; `NAME.expected` holds what
composition says. `make snapshots` rewrites the expected texts.
"""

import os
import re
from pathlib import Path

import pytest

from router.composition import Composition, CompositionError, CompositionHint, compose
from router.composition.codes import ErrorCode, HintCode
from tests.router.composition.subgraphs import read_subgraphs

CASES = Path(__file__).parent / "cases"
_DEFINITIONS_OF_SPECIFICATIONS = re.compile(
    r"directive @(?:link|join__\w+)\b|(?:scalar|enum|input) (?:link|join)__(?!Graph)"
)


@pytest.mark.parametrize(
    "path", sorted(CASES.glob("*/*.graphql")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_composition_says_what_the_case_expects(path: Path) -> None:
    composition = compose(read_subgraphs(path.read_text()))
    found = _text(composition)
    expected = path.with_suffix(".expected")
    if os.getenv("UPDATE_SNAPSHOTS"):
        expected.write_text(found)
    assert found == expected.read_text()
    assert (composition.supergraph is not None) == (path.parent.name == "composed")


def test_every_error_code_has_a_case() -> None:
    shown = {
        line.split(" ")[0]
        for path in CASES.glob("refused/*.expected")
        for line in path.read_text().splitlines()
    }
    assert {code.name for code in ErrorCode} <= shown


def test_every_hint_code_has_a_case() -> None:
    shown = {
        line.split(" ")[1]
        for path in CASES.glob("*/*.expected")
        for line in path.read_text().splitlines()
        if line.startswith("hint ")
    }
    assert {code.name for code in HintCode} <= shown


def _text(composition: Composition) -> str:
    parts = [_report(error) for error in composition.errors]
    parts += [f"hint {_report(hint)}" for hint in composition.hints]
    if composition.supergraph is not None:
        parts.append(_own_part(composition.supergraph))
    return "\n".join(parts)


def _report(found: CompositionError | CompositionHint) -> str:
    places = ", ".join(f"{place.subgraph} {place.line}:{place.column}" for place in found.locations)
    message = "".join(f"  {line}\n" for line in found.message.splitlines())
    return f"{found.code} {places}\n{message}"


def _own_part(supergraph: str) -> str:
    """The supergraph without the definitions that every supergraph has."""
    return "\n\n".join(
        block
        for block in supergraph.split("\n\n")
        if not _DEFINITIONS_OF_SPECIFICATIONS.match(block)
        and not block.startswith(('  """\n  `EXECUTION`', "  EXECUTION"))
    )
