"""SDL of a subgraph as other programs should see it."""

import strawberry
from graphql import (
    DefinitionNode,
    NameNode,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)

_MACHINERY = frozenset(("_Any", "_Entity", "_Service", "_entities", "_service"))
"""What every subgraph has by the subgraph specification, and no SDL needs to say."""


def export_sdl(schema: strawberry.Schema) -> str:
    """The schema without `_entities`, `_service` and their types, definitions sorted by name."""
    document = parse(schema.as_str(), no_location=True)
    printed = [
        print_ast(_without_machinery(definition))
        for definition in document.definitions
        if _name(definition) not in _MACHINERY
    ]
    return "\n\n".join(printed) + "\n"


def _without_machinery(definition: DefinitionNode) -> DefinitionNode:
    if not isinstance(definition, ObjectTypeDefinitionNode) or _name(definition) != "Query":
        return definition
    kept = tuple(field for field in definition.fields or () if field.name.value not in _MACHINERY)
    return ObjectTypeDefinitionNode(
        name=definition.name,
        description=definition.description,
        interfaces=definition.interfaces,
        directives=definition.directives,
        fields=kept,
    )


def _name(definition: DefinitionNode) -> str | None:
    name = getattr(definition, "name", None)
    return name.value if isinstance(name, NameNode) else None
