"""Reads what a check compares: a supergraph.yaml on disk or in Git, an SDL file, an endpoint."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from graphql import (
    GraphQLError,
    build_ast_schema,
    build_client_schema,
    get_introspection_query,
    parse,
)

from router.checks.errors import CheckInputError
from router.composition import SubgraphDefinition, compose
from router.supergraph import SupergraphError, load_supergraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLSchema

    from router.composition import CompositionError

_HTTP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """A subgraph's SDL and the file that messages point at."""

    path: str
    sdl: str


@dataclass(frozen=True, slots=True)
class Schemas:
    """One side of a comparison.

    Attributes:
        api: What clients see; None when the subgraphs do not compose.
        subgraphs: Empty when only the API schema is known.
        sized: Coordinates of fields with @listSize, which the API schema does not show.
    """

    api: GraphQLSchema | None
    subgraphs: Mapping[str, SchemaFile]
    errors: tuple[CompositionError, ...] = ()
    sized: frozenset[str] = frozenset()


def from_configuration(configuration: Path) -> Schemas:
    """Compose what a supergraph.yaml in the working tree names."""
    folder = configuration.parent

    def read(path: str) -> str:
        try:
            return (folder / path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{folder / path}: {error}"
            raise CheckInputError(msg) from error

    return _composed(configuration.name, folder, read)


def baseline(against: str, configuration: Path) -> Schemas:
    """The other side: an address to introspect, an SDL file, or a Git ref of the configuration.

    Raises:
        CheckInputError: It is none of the three, or cannot be read.
    """
    if against.startswith(("http://", "https://")):
        return Schemas(introspected(against), {})
    if Path(against).is_file():
        return Schemas(schema_of_file(Path(against)), {})
    schemas = _from_git(against, configuration)
    if schemas.api is None:
        msg = f"{against} does not compose: {schemas.errors[0].message}"
        raise CheckInputError(msg)
    return schemas


def schema_of_file(path: Path) -> GraphQLSchema:
    """The API schema in a file that holds a supergraph or any other SDL."""
    try:
        sdl = path.read_text("utf-8")
        if "join__Graph" in sdl:
            return load_supergraph(sdl).api_schema
        return build_ast_schema(parse(sdl), assume_valid_sdl=True)
    except (OSError, UnicodeDecodeError, GraphQLError, SupergraphError, TypeError) as error:
        msg = f"{path}: {error}"
        raise CheckInputError(msg) from error


def introspected(url: str) -> GraphQLSchema:
    """The schema that an endpoint answers to introspection."""
    import httpx  # noqa: PLC0415 - half a second that only this baseline needs

    query = get_introspection_query(input_value_deprecation=True)
    try:
        answer = httpx.post(url, json={"query": query}, timeout=_HTTP_TIMEOUT_S)
        return build_client_schema(answer.json()["data"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError, GraphQLError) as error:
        msg = f"{url} does not answer to introspection: {error!r}"
        raise CheckInputError(msg) from error


def _from_git(ref: str, configuration: Path) -> Schemas:
    folder = configuration.parent

    def read(path: str) -> str:
        command = ("git", "-C", str(folder), "show", f"{ref}:./{path}")
        try:
            done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (no shell)
        except OSError as error:
            msg = f"git is needed to compare with {ref}: {error}"
            raise CheckInputError(msg) from error
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip()
            msg = f"{ref} is neither a file nor a Git ref that holds {folder / path}: {reason}"
            raise CheckInputError(msg)
        return done.stdout.decode()

    return _composed(configuration.name, folder, read)


def _composed(configuration: str, folder: Path, read: Callable[[str], str]) -> Schemas:
    files = {
        name: (url, SchemaFile(str(folder / path), read(path)))
        for name, url, path in _entries(str(folder / configuration), read(configuration))
    }
    composition = compose(
        [SubgraphDefinition(name, url, file.sdl) for name, (url, file) in files.items()]
    )
    schema_files = {name: file for name, (_, file) in files.items()}
    if composition.supergraph is None:
        return Schemas(None, schema_files, composition.errors)
    supergraph = load_supergraph(composition.supergraph)
    sized = frozenset(".".join(coordinate) for coordinate in supergraph.list_sizes)
    return Schemas(supergraph.api_schema, schema_files, sized=sized)


def _entries(shown: str, text: str) -> list[tuple[str, str, str]]:
    """Name, URL and schema file of every subgraph of a supergraph.yaml."""
    try:
        content: Any = yaml.safe_load(text)
        return [
            (str(name), str(entry.get("routing_url") or ""), str(entry["schema"]["file"]))
            for name, entry in content["subgraphs"].items()
        ]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        msg = f"{shown} names no subgraphs with schema files: {error!r}"
        raise CheckInputError(msg) from error


def schema_of_subgraph(file: SchemaFile) -> GraphQLSchema:
    """A subgraph's own schema, federation directives left undefined."""
    return build_ast_schema(parse(file.sdl), assume_valid_sdl=True)
