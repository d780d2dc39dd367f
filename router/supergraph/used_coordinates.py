"""What an operation relies on: for schema checks, and for the usage that a router writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import (
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    type_from_ast,
    visit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, GraphQLSchema, Node
    from graphql.language import (
        DirectiveNode,
        FragmentDefinitionNode,
        InlineFragmentNode,
        VariableDefinitionNode,
    )


def used_coordinates(document: DocumentNode, schema: GraphQLSchema) -> set[str]:
    """Every type, field, argument, input field, enum value and directive of a valid document.

    What a variable may hold is not known, so all of its input type counts as used; so do all
    values of an enum that a selected field returns.
    """
    return set(lines_of_use(document, schema))


def lines_of_use(document: DocumentNode, schema: GraphQLSchema) -> Mapping[str, int]:
    """The same, each with the first line that uses it; 0 in a document without locations."""
    type_info = TypeInfo(schema)
    collector = _Collector(schema, type_info)
    visit(document, TypeInfoVisitor(type_info, collector))
    return collector.lines


class _Collector(Visitor):
    def __init__(self, schema: GraphQLSchema, type_info: TypeInfo) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}
        self._schema = schema
        self._info = type_info

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self._info.get_parent_type()
        field = self._info.get_field_def()
        if parent is None or field is None or node.name.value.startswith("__"):
            return
        coordinate = f"{parent.name}.{node.name.value}"
        type_ = get_named_type(field.type)
        values = type_.values if isinstance(type_, GraphQLEnumType) else ()
        self._add(node, parent.name, coordinate, type_.name)
        self._add(node, *(f"{type_.name}.{value}" for value in values))
        for given in node.arguments or ():
            self._add(given, f"{coordinate}({given.name.value}:)")

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        coordinate = f"@{node.name.value}"
        self._add(node, coordinate)
        for given in node.arguments or ():
            self._add(given, f"{coordinate}({given.name.value}:)")

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        parent = get_named_type(self._info.get_parent_input_type())
        if parent is not None:
            self._add(node, parent.name, f"{parent.name}.{node.name.value}")

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> None:
        enum = get_named_type(self._info.get_input_type())
        if enum is not None:
            self._add(node, enum.name, f"{enum.name}.{node.value}")

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        pending, seen = [get_named_type(type_from_ast(self._schema, node.type))], set[str]()
        while pending:
            current = pending.pop()
            if current is None or current.name in seen:
                continue
            seen.add(current.name)
            self._add(node, current.name)
            if isinstance(current, GraphQLInputObjectType):
                self._add(node, *(f"{current.name}.{name}" for name in current.fields))
                pending += [get_named_type(field.type) for field in current.fields.values()]
            elif isinstance(current, GraphQLEnumType):
                self._add(node, *(f"{current.name}.{name}" for name in current.values))

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        if node.type_condition is not None:
            self._add(node, node.type_condition.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> None:
        self._add(node, node.type_condition.name.value)

    def _add(self, node: Node, *coordinates: str) -> None:
        line = node.loc.start_token.line if node.loc is not None else 0
        for coordinate in coordinates:
            self.lines.setdefault(coordinate, line)
