"""Reads what a check compares: a supergraph.yaml on disk or in Git, an SDL file, an endpoint."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    GraphQLError,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    build_ast_schema,
    build_client_schema,
    get_introspection_query,
    parse,
)
from graphql.language import TypeDefinitionNode, TypeExtensionNode
from graphql.validation.validate import validate_sdl

from router.checks.authorization import needs_of
from router.checks.configuration import read_configuration
from router.checks.errors import CheckInputError
from router.checks.files import located_error, read_file
from router.checks.git import file_at
from router.checks.http import post_json
from router.checks.subgraph_sources import LoadedSubgraph, load_subgraphs
from router.composition import compose
from router.supergraph import SupergraphError, load_supergraph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLSchema
    from graphql.language import DefinitionNode

    from router.composition import CompositionError
    from router.supergraph import Supergraph


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
        needs: What a viewer needs at each coordinate; None when only the API schema is known.
    """

    api: GraphQLSchema | None
    subgraphs: Mapping[str, SchemaFile]
    errors: tuple[CompositionError, ...] = ()
    sized: frozenset[str] = frozenset()
    needs: Mapping[str, str] | None = None


def from_configuration(configuration: Path) -> Schemas:
    """Compose what a supergraph.yaml in the working tree names."""
    return _composed(load_subgraphs(configuration))


def baseline(
    against: str, configuration: Path, headers: Mapping[str, str] | None = None
) -> Schemas:
    """The other side: an address to introspect, an SDL file, or a Git ref of the configuration.

    Args:
        against: Which of them.
        configuration: As the working tree has it.
        headers: Sent to an address.

    Raises:
        CheckInputError: It is none of the three, or cannot be read.
    """
    if not against.strip():  # a variable of CI that is not set must not pass for "nothing changed"
        raise CheckInputError("--against is empty: name a file, a Git ref or an address")
    if against.startswith(("http://", "https://")):
        return Schemas(introspected(against, headers), {})
    if Path(against).is_file():
        return schemas_of_file(Path(against))
    schemas = _from_git(against, configuration)
    if schemas.api is None:
        msg = f"{against} does not compose: {schemas.errors[0].message}"
        raise CheckInputError(msg)
    return schemas


def schemas_of_file(path: Path) -> Schemas:
    """What a file holds: a supergraph, or any other SDL as the API schema.

    Raises:
        CheckInputError: It holds neither; says where.
    """
    sdl = read_file(path)
    try:
        if "join__Graph" in sdl:
            return _of_supergraph(load_supergraph(sdl), {})
        document = parse(sdl)
    except SupergraphError as error:
        msg = f"{path}: {error}"
        raise CheckInputError(msg) from error
    except GraphQLSyntaxError as error:
        raise CheckInputError(located_error(path, sdl, error)) from error
    try:
        return Schemas(build_ast_schema(document, assume_valid_sdl=True), {})
    except (GraphQLError, TypeError) as error:
        # These name no place; the rules of SDL do, but refuse what federation leaves undefined.
        problems = [p for p in validate_sdl(document) if "directive" not in p.message]
        raise CheckInputError(
            "\n".join(located_error(path, sdl, problem) for problem in problems)
            or f"{path}: {error}"
        ) from error


def introspected(url: str, headers: Mapping[str, str] | None = None) -> GraphQLSchema:
    """The schema that an endpoint answers to introspection."""
    query = get_introspection_query(input_value_deprecation=True)
    answer = post_json(url, {"query": query}, headers)
    match answer:
        case {"data": {"__schema": dict()} as data}:
            try:
                return build_client_schema(data)
            except (GraphQLError, TypeError, KeyError) as error:
                msg = f"{url} answers to introspection with no schema: {error}"
                raise CheckInputError(msg) from error
        case {"errors": [{"message": str(reason)}, *_]}:
            msg = f"{url} does not answer to introspection: {reason}"
        case _:
            msg = f"{url} does not answer to introspection; is the path right?"
    raise CheckInputError(msg)


def _from_git(ref: str, configuration: Path) -> Schemas:
    """The same configuration at another ref; only its files are looked up there."""
    folder = configuration.parent

    def read(path: Path) -> str:
        return file_at(ref, folder, os.path.relpath(path, folder))

    for entry in read_configuration(configuration, read(configuration)):
        if entry.kind in ("module", "subgraph_url"):
            # It would give what it says now, and nothing would ever have changed.
            msg = (
                f"{entry.place}: {ref} does not hold the SDL of subgraph {entry.name}, which is "
                f"a `{entry.kind}`; write it to a `file` of the repository to compare with it"
            )
            raise CheckInputError(msg)
    return _composed(load_subgraphs(configuration, read))


def _composed(subgraphs: list[LoadedSubgraph]) -> Schemas:
    files = {subgraph.name: SchemaFile(subgraph.source, subgraph.sdl) for subgraph in subgraphs}
    composition = compose([subgraph.definition() for subgraph in subgraphs])
    if composition.supergraph is None:
        return Schemas(None, files, composition.errors)
    return _of_supergraph(load_supergraph(composition.supergraph), files)


def _of_supergraph(supergraph: Supergraph, files: Mapping[str, SchemaFile]) -> Schemas:
    sized = frozenset(".".join(coordinate) for coordinate in supergraph.list_sizes)
    return Schemas(supergraph.api_schema, files, sized=sized, needs=needs_of(supergraph))


def schema_of_subgraph(file: SchemaFile) -> GraphQLSchema:
    """A subgraph's own schema, federation directives left undefined."""
    return build_ast_schema(_with_definitions(parse(file.sdl)), assume_valid_sdl=True)


def _with_definitions(document: DocumentNode) -> DocumentNode:
    """`extend type` without a `type`, as subgraphs may have it, made the definition."""
    defined = {
        node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode)
    }
    definitions: list[DefinitionNode] = []
    for node in document.definitions:
        to_class = _DEFINITION_CLASSES.get(type(node))
        name = node.name.value if isinstance(node, TypeExtensionNode) else ""
        if to_class is not None and name not in defined:
            defined.add(name)
            parts = {key: getattr(node, key) for key in to_class.keys if hasattr(node, key)}
            definitions.append(to_class(**parts))
        else:
            definitions.append(node)
    return DocumentNode(definitions=tuple(definitions))


_DEFINITION_CLASSES: dict[type, type[TypeDefinitionNode]] = {
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
}
