"""Subgraphs as a supergraph.yaml names them: SDL from a file, a running subgraph or Python.

subgraphs:
  tasks:
    routing_url: http://127.0.0.1:8001/graphql
    schema:
      file: tasks.graphql                           # relative to the yaml
      subgraph_url: http://127.0.0.1:8001/graphql   # or: what it answers to `_service`
      module: tasks_subgraph.api.schema:schema      # or: a schema object to import
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from graphql import GraphQLSchema, graphql_sync

from router.checks.errors import CheckInputError
from router.checks.files import read_file
from router.composition import SubgraphDefinition

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SERVICE_QUERY = "{ _service { sdl } }"
_HTTP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class LoadedSubgraph:
    """A subgraph with its SDL and where that came from, as messages name it."""

    name: str
    url: str
    source: str
    sdl: str

    def definition(self) -> SubgraphDefinition:
        return SubgraphDefinition(self.name, self.url, self.sdl)


def load_subgraphs(
    configuration: Path, read: Callable[[Path], str] | None = None
) -> list[LoadedSubgraph]:
    """Every subgraph of a supergraph.yaml, in its order.

    Args:
        configuration: Files are named relative to its folder.
        read: Gives the text of a file; from disk unless said otherwise.

    Raises:
        CheckInputError: The yaml or one of its sources cannot be used; the message names it.
    """
    read = read or read_file
    loaded: list[LoadedSubgraph] = []
    for name, entry in _entries(configuration, read(configuration)).items():
        schema = entry.get("schema") if isinstance(entry, dict) else None
        url = str(entry.get("routing_url") or "") if isinstance(entry, dict) else ""
        match schema:
            case {"file": str(file)}:
                path = configuration.parent / file
                loaded.append(LoadedSubgraph(str(name), url, str(path), read(path)))
            case {"subgraph_url": str(address)}:
                sdl = sdl_of_endpoint(address)
                loaded.append(LoadedSubgraph(str(name), url or address, address, sdl))
            case {"module": str(module)}:
                loaded.append(LoadedSubgraph(str(name), url, module, sdl_of_module(module)))
            case _:
                msg = (
                    f"{configuration}: subgraph {name} needs a `schema` with one of "
                    "`file`, `subgraph_url` and `module`"
                )
                raise CheckInputError(msg)
    return loaded


def sdl_of_endpoint(url: str) -> str:
    """What a running subgraph says its SDL is."""
    import httpx  # noqa: PLC0415 - half a second that files do not need

    try:
        answer = httpx.post(url, json={"query": _SERVICE_QUERY}, timeout=_HTTP_TIMEOUT_S)
        sdl = answer.json()["data"]["_service"]["sdl"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        msg = f"{url} does not answer to `{_SERVICE_QUERY}`: {error!r}"
        raise CheckInputError(msg) from error
    return str(sdl)


def sdl_of_module(module_and_attribute: str) -> str:
    """The SDL of a schema object: Strawberry's, or graphql-core's with a `_service` field."""
    module_name, _, attribute = module_and_attribute.partition(":")
    try:
        schema: Any = getattr(importlib.import_module(module_name), attribute or "schema")
        if isinstance(schema, GraphQLSchema):
            result = graphql_sync(schema, _SERVICE_QUERY)
            if result.data is None:
                msg = f"{module_and_attribute} does not answer to `{_SERVICE_QUERY}`"
                raise CheckInputError(msg)
            return str(result.data["_service"]["sdl"])
        return str(schema.as_str())
    except (ImportError, AttributeError) as error:
        msg = f"{module_and_attribute} is not an importable schema: {error}"
        raise CheckInputError(msg) from error


def excerpt(sdl: str, line: int, column: int) -> str:
    """The line of an SDL that a message is about, with a caret under its column."""
    lines = sdl.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    text = lines[line - 1]
    indent = "".join("\t" if character == "\t" else " " for character in text[: column - 1])
    return f"{line:>5} | {text}\n      | {indent}^"


def _entries(configuration: Path, text: str) -> dict[str, Any]:
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        msg = f"{configuration} is not YAML: {error}"
        raise CheckInputError(msg) from error
    subgraphs = content.get("subgraphs") if isinstance(content, dict) else None
    if not isinstance(subgraphs, dict) or not subgraphs:
        msg = f"{configuration} names no subgraphs"
        raise CheckInputError(msg)
    return subgraphs
