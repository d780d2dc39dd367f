"""Subgraphs as a supergraph.yaml names them: SDL from a file, a running subgraph or Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import GraphQLSchema, graphql_sync

from router.checks.configuration import SubgraphEntry, read_configuration
from router.checks.errors import CheckInputError
from router.checks.files import read_file
from router.checks.http import post_json
from router.checks.modules import failure_in_module, import_schema
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
    entries = read_configuration(configuration, read(configuration))
    return [_loaded(entry, configuration, read) for entry in entries]


def _loaded(
    entry: SubgraphEntry, configuration: Path, read: Callable[[Path], str]
) -> LoadedSubgraph:
    source, url = entry.source, entry.url
    try:
        match entry.kind:
            case "file":
                path = configuration.parent / source
                return LoadedSubgraph(entry.name, url, str(path), read(path))
            case "subgraph_url":
                return LoadedSubgraph(entry.name, url or source, source, sdl_of_endpoint(source))
            case "module":
                return LoadedSubgraph(entry.name, url, source, sdl_of_module(source))
            case "sdl":
                return LoadedSubgraph(entry.name, url, entry.place, source)
    except CheckInputError as error:
        msg = f"{entry.place}: subgraph {entry.name}: {error}"
        raise CheckInputError(msg) from error


def sdl_of_endpoint(url: str) -> str:
    """What a running subgraph says its SDL is."""
    answer = post_json(url, {"query": _SERVICE_QUERY})
    match answer:
        case {"data": {"_service": {"sdl": str(sdl)}}}:
            return sdl
        case {"errors": [{"message": str(reason)}, *_]}:
            msg = f"{url} answers to `{_SERVICE_QUERY}` with an error: {reason}"
        case _:
            msg = f"{url} answers to `{_SERVICE_QUERY}` with something else; is it a subgraph?"
    raise CheckInputError(msg)


def sdl_of_module(reference: str) -> str:
    """The SDL of a schema object: Strawberry's, or graphql-core's with a `_service` field."""
    schema = import_schema(reference)
    if isinstance(schema, GraphQLSchema):
        result = graphql_sync(schema, _SERVICE_QUERY)
        if result.data is None:
            msg = f"{reference} does not answer to `{_SERVICE_QUERY}`"
            raise CheckInputError(msg)
        return str(result.data["_service"]["sdl"])
    if not hasattr(schema, "as_str"):
        msg = (
            f"{reference} is a {type(schema).__name__}, not a schema of Strawberry or graphql-core"
        )
        raise CheckInputError(msg)
    try:
        return str(schema.as_str())
    except Exception as error:  # Border: the schema is not ours.
        raise failure_in_module(reference, error) from error
