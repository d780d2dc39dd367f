"""Documents lead where they say: links to files and headings, and commands of the router."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.stack import CHECKOUT
from router.cli import main

_LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
_COMMAND = re.compile(r"(?:python -m router|federated-router) ([a-z-]+)")


def documents() -> list[Path]:
    patterns = ("*.md", "docs/**/*.md", "[!.]*/README.md", "[!.]*/*/README.md")
    found = {path for pattern in patterns for path in CHECKOUT.glob(pattern)}
    return sorted(path for path in found if "node_modules" not in path.parts)


def links(document: Path) -> Iterator[tuple[str, str]]:
    prose = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    yield from _LINK.findall(prose)


def headings(document: Path) -> set[str]:
    """Anchors as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in found}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_lead_somewhere(document: Path) -> None:
    for path, heading in links(document):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        assert not heading or heading in headings(target), f"{path}#{heading}"


def test_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    named = {name for document in documents() for name in _COMMAND.findall(document.read_text())}
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = set(re.findall(r"^    ([a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    assert {"compose", "dev", "serve"} <= named <= commands
