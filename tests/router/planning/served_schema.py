"""The schema that a subgraph serves: its SDL with what the federation library adds."""

from __future__ import annotations

from graphql import (
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    SchemaExtensionNode,
    build_schema,
    parse,
    print_ast,
)

_DEFINITIONS = """
scalar _Any
scalar FieldSet
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @external on OBJECT | FIELD_DEFINITION
directive @requires(fields: FieldSet!) on FIELD_DEFINITION
directive @provides(fields: FieldSet!) on FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
directive @interfaceObject on OBJECT
scalar ContextFieldValue
directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION
"""


def served_schema(sdl: str) -> GraphQLSchema:
    """The executable schema of a federation 2 subgraph."""
    nodes = [node for node in parse(sdl).definitions if not isinstance(node, SchemaExtensionNode)]
    entities = [
        node.name.value
        for node in nodes
        if isinstance(node, ObjectTypeDefinitionNode)
        and any(used.name.value == "key" for used in node.directives or ())
    ]
    served = _DEFINITIONS + "\n".join(print_ast(node) for node in nodes)
    has_query = any(
        isinstance(node, ObjectTypeDefinitionNode) and node.name.value == "Query" for node in nodes
    )
    added = "_service: String"
    if entities:
        served += f"\nunion _Entity = {' | '.join(entities)}\n"
        added += " _entities(representations: [_Any!]!): [_Entity]!"
    served += f"\n{'extend ' if has_query else ''}type Query {{ {added} }}"
    return build_schema(served)
