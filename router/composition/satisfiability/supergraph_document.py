"""The merged schema as the document that its SDL would be read to, with what query graphs need.

Printing and reading the SDL again would give the same and take a third of all composition's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.document import (
    Directive,
    Document,
    EnumValue,
    Field,
    Kind,
    SchemaDefinition,
    TypeDefinition,
)
from router.federation.join import CONTEXT_0_1, JOIN_0_5
from router.federation.specification import CONTEXT, LINK, ROOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.composition.merge.merged_schema import MergedSchema
    from router.composition.subgraph.schema import SubgraphSchema


def supergraph_document(merged: MergedSchema, schemas: Sequence[SubgraphSchema]) -> Document:
    """Types with their @join__ and @context directives; no descriptions, policies or costs."""
    roots = {operation: name for operation, name in ROOTS.items() if name in merged.types}
    links = [Directive("link", {"url": url}) for url in (f"{LINK}/v1.0", JOIN_0_5, CONTEXT_0_1)]
    return Document(
        schemas=[SchemaDefinition(roots, links)],
        types=[_graphs(schemas), *(_type(merged, item) for item in merged.types.values())],
    )


def _graphs(schemas: Sequence[SubgraphSchema]) -> TypeDefinition:
    values = {
        schema.graph: EnumValue(
            schema.graph, [Directive("join__graph", {"name": schema.name, "url": schema.url})]
        )
        for schema in schemas
    }
    return TypeDefinition(Kind.ENUM, "join__Graph", values=values)


def _type(merged: MergedSchema, definition: TypeDefinition) -> TypeDefinition:
    name = definition.name
    return TypeDefinition(
        definition.kind,
        name,
        fields={
            field.name: Field(
                field.name,
                field.type,
                field.arguments,
                merged.joins.get((name, field.name), []),
            )
            for field in definition.fields.values()
        },
        interfaces=definition.interfaces,
        members=definition.members,
        directives=[
            *merged.joins.get((name,), []),
            *(
                Directive("context", used.arguments)
                for used in definition.directives
                if used.name == CONTEXT
            ),
        ],
    )
