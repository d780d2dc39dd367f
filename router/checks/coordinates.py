"""Where an SDL file defines each schema coordinate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    parse,
)
from graphql.language import (
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from graphql import DocumentNode, EnumValueDefinitionNode, FieldDefinitionNode

    Element = (
        TypeDefinitionNode
        | TypeExtensionNode
        | DirectiveDefinitionNode
        | FieldDefinitionNode
        | InputValueDefinitionNode
        | EnumValueDefinitionNode
    )


class Position(NamedTuple):
    """Counted from 1."""

    line: int
    column: int


def positions(sdl: str) -> Mapping[str, Position]:
    """The first place where each coordinate of a document is defined.

    Raises:
        GraphQLSyntaxError: It is no SDL.
    """
    found: dict[str, Position] = {}
    for coordinate, node in elements(parse(sdl)):
        if node.name.loc is not None:
            token = node.name.loc.start_token
            found.setdefault(coordinate, Position(token.line, token.column))
    return found


def parents(coordinate: str) -> Iterator[str]:
    """The coordinate, then what it is part of: `A.b(c:)`, `A.b`, `A`."""
    yield coordinate
    if "(" in coordinate:
        coordinate = coordinate[: coordinate.index("(")]
        yield coordinate
    if "." in coordinate:
        yield coordinate[: coordinate.index(".")]


def owner_of(coordinate: str) -> str:
    """What it is part of; empty for types and directives."""
    _, *owners = parents(coordinate)
    return owners[0] if owners else ""


def name_of(coordinate: str) -> str:
    """The last name in it: `c` of `A.b(c:)`, `b` of `A.b`, `A` of `A`."""
    return re.split(r"[.(]", coordinate.removesuffix(":)"))[-1]


def elements(document: DocumentNode) -> Iterator[tuple[str, Element]]:
    """Everything that a document defines or extends, in its order; extensions come again."""
    for node in document.definitions:
        match node:
            case DirectiveDefinitionNode():
                yield f"@{node.name.value}", node
                yield from _arguments(f"@{node.name.value}", node.arguments or ())
            case TypeDefinitionNode() | TypeExtensionNode():
                yield node.name.value, node
                yield from _members(node)


def _members(node: TypeDefinitionNode | TypeExtensionNode) -> Iterator[tuple[str, Element]]:
    type_name = node.name.value
    match node:
        case (
            ObjectTypeDefinitionNode()
            | ObjectTypeExtensionNode()
            | InterfaceTypeDefinitionNode()
            | InterfaceTypeExtensionNode()
        ):
            for field in node.fields or ():
                coordinate = f"{type_name}.{field.name.value}"
                yield coordinate, field
                yield from _arguments(coordinate, field.arguments or ())
        case InputObjectTypeDefinitionNode() | InputObjectTypeExtensionNode():
            for input_field in node.fields or ():
                yield f"{type_name}.{input_field.name.value}", input_field
        case EnumTypeDefinitionNode() | EnumTypeExtensionNode():
            for value in node.values or ():
                yield f"{type_name}.{value.name.value}", value


def _arguments(
    coordinate: str, arguments: Iterable[InputValueDefinitionNode]
) -> Iterator[tuple[str, Element]]:
    for argument in arguments:
        yield f"{coordinate}({argument.name.value}:)", argument
