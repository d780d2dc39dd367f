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
    from graphql import DocumentNode, GraphQLNamedType, GraphQLSchema
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
    type_info = TypeInfo(schema)
    collector = _Collector(schema, type_info)
    visit(document, TypeInfoVisitor(type_info, collector))
    return collector.found


class _Collector(Visitor):
    def __init__(self, schema: GraphQLSchema, type_info: TypeInfo) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._schema = schema
        self._info = type_info
        self._inputs: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self._info.get_parent_type()
        field = self._info.get_field_def()
        if parent is None or field is None or node.name.value.startswith("__"):
            return
        coordinate = f"{parent.name}.{node.name.value}"
        self.found |= {parent.name, coordinate}
        self.found |= {f"{coordinate}({given.name.value}:)" for given in node.arguments or ()}
        self._add_output(get_named_type(field.type))

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        coordinate = f"@{node.name.value}"
        self.found.add(coordinate)
        self.found |= {f"{coordinate}({given.name.value}:)" for given in node.arguments or ()}

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        parent = get_named_type(self._info.get_parent_input_type())
        if parent is not None:
            self.found |= {parent.name, f"{parent.name}.{node.name.value}"}

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> None:
        enum = get_named_type(self._info.get_input_type())
        if enum is not None:
            self.found |= {enum.name, f"{enum.name}.{node.value}"}

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        self._add_input(get_named_type(type_from_ast(self._schema, node.type)))

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        if node.type_condition is not None:
            self.found.add(node.type_condition.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> None:
        self.found.add(node.type_condition.name.value)

    def _add_output(self, type_: GraphQLNamedType) -> None:
        self.found.add(type_.name)
        if isinstance(type_, GraphQLEnumType):
            self.found |= {f"{type_.name}.{value}" for value in type_.values}

    def _add_input(self, type_: GraphQLNamedType | None) -> None:
        pending = [type_]
        while pending:
            current = pending.pop()
            if current is None or current.name in self._inputs:
                continue
            self._inputs.add(current.name)
            self.found.add(current.name)
            if isinstance(current, GraphQLInputObjectType):
                self.found |= {f"{current.name}.{name}" for name in current.fields}
                pending += [get_named_type(field.type) for field in current.fields.values()]
            elif isinstance(current, GraphQLEnumType):
                self.found |= {f"{current.name}.{name}" for name in current.values}
