"""The schema that a subgraph serves: its SDL with what the federation library adds."""

from __future__ import annotations

from graphql import (
    DefinitionNode,
    DocumentNode,
    GraphQLSchema,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    build_ast_schema,
    parse,
)


def served_schema(sdl: str) -> GraphQLSchema:
    """The executable schema of a subgraph, of federation 1 or 2."""
    nodes = _with_definitions(parse(sdl, no_location=True).definitions)
    entities = [
        node.name.value
        for node in nodes
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
        and any(used.name.value in ("key", "federation__key") for used in node.directives or ())
    ]
    added = "scalar _Any"
    fields = "_service: String"
    if entities:
        added += f" union _Entity = {' | '.join(dict.fromkeys(entities))}"
        fields += " _entities(representations: [_Any!]!): [_Entity]!"
    has_query = any(
        isinstance(node, ObjectTypeDefinitionNode) and node.name.value == "Query" for node in nodes
    )
    added += f" {'extend ' if has_query else ''}type Query {{ {fields} }}"
    definitions = (*nodes, *parse(added).definitions)
    # The definitions of federation's directives are the library's; composition checks their use.
    return build_ast_schema(DocumentNode(definitions=definitions), assume_valid_sdl=True)


def _with_definitions(nodes: tuple[DefinitionNode, ...]) -> list[DefinitionNode]:
    """Extensions of types that are defined elsewhere become their definitions here."""
    defined = {
        node.name.value
        for node in nodes
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
    }
    served: list[DefinitionNode] = []
    for node in nodes:
        if isinstance(node, ObjectTypeExtensionNode | InterfaceTypeExtensionNode):
            is_first = node.name.value not in defined
            defined.add(node.name.value)
            served.append(_definition(node) if is_first else node)
        elif not isinstance(node, SchemaExtensionNode):
            served.append(node)
    return served


def _definition(node: ObjectTypeExtensionNode | InterfaceTypeExtensionNode) -> DefinitionNode:
    is_object = isinstance(node, ObjectTypeExtensionNode)
    kind = ObjectTypeDefinitionNode if is_object else InterfaceTypeDefinitionNode
    return kind(
        name=node.name,
        interfaces=node.interfaces,
        directives=node.directives,
        fields=node.fields,
    )
