"""supergraph.yaml: which subgraphs there are, where they are, and where their SDL comes from.

federation_version: "2.9"                             # may be left out; each subgraph says its own
subgraphs:
  tasks:
    routing_url: http://127.0.0.1:8001/graphql        # for routers; default: subgraph_url
    schema:
      file: tasks.graphql                             # relative to the yaml
      subgraph_url: http://127.0.0.1:8001/graphql     # or: what it answers to `_service`
      module: tasks_subgraph.api.schema:schema        # or: a schema object to import
      sdl: "type Query { hello: String }"             # or: as it is

Rover reads the same form, except for `module`.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, get_args

import yaml

from router.checks.arguments import CONFIGURATIONS
from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

SourceKind = Literal["file", "subgraph_url", "module", "sdl"]
_SOURCES: tuple[SourceKind, ...] = get_args(SourceKind)


@dataclass(frozen=True, slots=True)
class SubgraphEntry:
    """One subgraph, as the file names it.

    Attributes:
        url: Where routers find it; empty when only its source says so.
        kind: What `source` is.
        place: Of the source, for messages: `supergraph.yaml:4`.
    """

    name: str
    url: str
    kind: SourceKind
    source: str
    place: str


def find_configuration(given: str | None = None) -> Path:
    """The file that was named, or else the one in the usual place.

    Raises:
        CheckInputError: None was named, and the usual places have none.
    """
    if given is not None:
        return Path(given)
    for name in CONFIGURATIONS:
        if Path(name).exists():
            return Path(name)
    msg = f"no {' and no '.join(CONFIGURATIONS)} here: name the file, or let `init` write one"
    raise CheckInputError(msg)


def read_configuration(path: Path, text: str) -> list[SubgraphEntry]:
    """The subgraphs in their order.

    Raises:
        CheckInputError: The text has another form; names line and key.
    """
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        msg = f"{place}: this is not YAML: {error.problem}"
        raise CheckInputError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{path} is not YAML: {error}"
        raise CheckInputError(msg) from error
    reader = _Reader(path)
    top = reader.mapping(document, "the file", ("federation_version", "subgraphs"))
    subgraphs = top.get("subgraphs")
    if not isinstance(subgraphs, yaml.MappingNode) or not subgraphs.value:
        msg = f"{path} names no subgraphs; it needs `subgraphs: {{NAME: ...}}`"
        raise CheckInputError(msg)
    return [reader.subgraph(name, node) for name, node in reader.entries(subgraphs).items()]


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path

    def subgraph(self, name: str, node: yaml.Node) -> SubgraphEntry:
        what = f"subgraph {name}"
        parts = self.mapping(node, what, ("routing_url", "schema"))
        url = (
            self._text(parts["routing_url"], what, "routing_url") if "routing_url" in parts else ""
        )
        if "schema" not in parts:
            self._refuse(node, f"{what} needs a `schema` with one of {_listed(_SOURCES)}")
        schema = self.mapping(parts["schema"], f"the schema of {what}", _SOURCES)
        if len(schema) != 1:
            self._refuse(parts["schema"], f"{what} needs exactly one of {_listed(_SOURCES)}")
        kind = next(source for source in _SOURCES if source in schema)
        source = self._text(schema[kind], what, kind)
        if not url and kind != "subgraph_url":
            self._refuse(node, f"{what} needs a `routing_url`: where routers find it")
        return SubgraphEntry(name, url, kind, source, self._place(schema[kind]))

    def mapping(
        self, node: yaml.Node | None, what: str, known: Iterable[str]
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping whose keys are all known."""
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, f"{what} must be a mapping with {_listed(known)}")
        found = self.entries(node)
        for key_node, _ in node.value:
            if key_node.value not in known:
                near = get_close_matches(str(key_node.value), list(known), n=1)
                hint = f"is it {near[0]}?" if near else f"known are {_listed(known)}"
                self._refuse(key_node, f"{what} has the unknown key {key_node.value}; {hint}")
        return found

    def entries(self, node: yaml.MappingNode) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, "a key must be a name")
            if key_node.value in found:
                self._refuse(key_node, f"{key_node.value} is there twice")
            found[key_node.value] = value
        return found

    def _text(self, node: yaml.Node, what: str, key: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self._refuse(node, f"`{key}` of {what} must be a text")
        return str(node.value)

    def _place(self, node: yaml.Node) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"

    def _refuse(self, node: yaml.Node, reason: str) -> NoReturn:
        msg = f"{self._place(node)}: {reason}"
        raise CheckInputError(msg)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
