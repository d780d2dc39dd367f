"""A starting supergraph.yaml from the SDL files of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import DirectiveNode, ExecutableDefinitionNode, GraphQLSyntaxError, parse, visit
from graphql.language import Visitor

from router.checks.errors import CheckInputError
from router.checks.files import read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graphql import DocumentNode

_FIRST_PORT = 4001
_ELSEWHERE = {"node_modules", "site-packages", "build", "dist"}
_FEDERATION = {"link", "key", "external", "requires", "provides", "shareable", "extends"}
_HEAD = """\
# Which subgraphs make up the supergraph, and where they are. The addresses are made up:
# write where each one runs, then `router compose` or `router dev` with this file.
subgraphs:
"""


def starting_configuration(folder: Path) -> str:
    """Every file that looks like a subgraph, with a made-up address; at the end what was left out.

    Where some files use federation's directives, those are the subgraphs and the others are not.

    Raises:
        CheckInputError: There is none, or two have the same name.
    """
    left_out: dict[Path, str] = {}
    found = [(file, document) for file in _files(folder) if (document := _schema(file, left_out))]
    federated = [file for file, document in found if _directives(document) & _FEDERATION]
    subgraphs = federated or [file for file, _ in found]
    for file, _ in found:
        if file not in subgraphs:
            left_out[file] = "no directive of federation in it"
    if not subgraphs:
        msg = f"{folder} holds no schema (*.graphql, *.graphqls, *.gql)"
        raise CheckInputError(msg)
    names = [file.stem for file in subgraphs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"two files would be the subgraph {twice}: rename one, or name them yourself"
        raise CheckInputError(msg)
    entries = [
        f"  {file.stem}:\n    routing_url: http://localhost:{_FIRST_PORT + number}/graphql\n"
        f"    schema:\n      file: {file.relative_to(folder).as_posix()}\n"
        for number, file in enumerate(subgraphs)
    ]
    notes = [
        f"# Left out: {file.relative_to(folder).as_posix()} ({reason})\n"
        for file, reason in sorted(left_out.items())
    ]
    return "".join([_HEAD, *entries, *notes])


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        is_elsewhere = any(part.startswith(".") or part in _ELSEWHERE for part in parts)
        if file.suffix in (".graphql", ".graphqls", ".gql") and not is_elsewhere:
            yield file


def _schema(file: Path, left_out: dict[Path, str]) -> DocumentNode | None:
    """The SDL of a subgraph or API schema; None for operations and supergraphs.

    A file that cannot be read goes into `left_out`, with the reason.
    """
    try:
        text = read_file(file)
        document = parse(text)
    except CheckInputError:
        left_out[file] = "it cannot be read"
        return None
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        left_out[file] = f"line {line}: {error.message}"
        return None
    holds_operations = any(isinstance(d, ExecutableDefinitionNode) for d in document.definitions)
    return None if holds_operations or "join__Graph" in text else document


def _directives(document: DocumentNode) -> set[str]:
    """Names of all directives that are applied somewhere."""
    collector = _DirectiveNames()
    visit(document, collector)
    return collector.found


class _DirectiveNames(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        self.found.add(node.name.value)
