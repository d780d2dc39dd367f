"""What clients are known to send: from a folder of operations and from the router's usage file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    ArgumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSyntaxError,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    type_from_ast,
    validate,
    visit,
)

from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from graphql import DocumentNode, GraphQLNamedType, GraphQLSchema
    from graphql.language import (
        FragmentDefinitionNode,
        InlineFragmentNode,
        VariableDefinitionNode,
    )


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """One document that some client sends, or what a usage file says about one.

    Attributes:
        source: File it was read from, as messages name it.
        coordinates: Every part of the schema it relies on.
        document: None when it comes from a usage file.
        requests: How often it was seen; None when nobody counted.
        last_seen: Day or moment, as the usage file has it.
    """

    name: str
    source: str
    coordinates: frozenset[str]
    document: DocumentNode | None = None
    requests: int | None = None
    last_seen: str | None = None


def read_operations(folder: Path, schema: GraphQLSchema) -> list[KnownOperation]:
    """Every document below `folder`, with what it uses of `schema`.

    Raises:
        CheckInputError: A file is no GraphQL document.
    """
    operations: list[KnownOperation] = []
    for file in sorted(folder.rglob("*.graphql")):
        try:
            document = parse(file.read_text("utf-8"))
        except GraphQLSyntaxError as error:
            msg = f"{file}: {error.message}"
            raise CheckInputError(msg) from error
        names = [
            d.name.value
            for d in document.definitions
            if isinstance(d, OperationDefinitionNode) and d.name is not None
        ]
        name = ", ".join(names) or file.stem
        used = frozenset(coordinates_of(document, schema))
        operations.append(KnownOperation(name, str(file), used, document))
    return operations


def read_usage(file: Path) -> list[KnownOperation]:
    """The operations of a usage file.

    Its form: `{"operations": [{"name", "hash", "coordinates": [...], "count", "lastSeen"}]}`.

    Raises:
        CheckInputError: It has another form.
    """
    try:
        entries: Any = json.loads(file.read_text("utf-8"))["operations"]
        return [
            KnownOperation(
                name=entry.get("name") or entry["hash"],
                source=str(file),
                coordinates=frozenset(entry["coordinates"]),
                requests=entry.get("count"),
                last_seen=entry.get("lastSeen"),
            )
            for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"{file} is not a usage file: {error!r}"
        raise CheckInputError(msg) from error


def validation_errors(operation: KnownOperation, schema: GraphQLSchema) -> Sequence[str]:
    """Why `schema` does not accept the operation; empty when it does or nothing is known."""
    if operation.document is None:
        return ()
    return [error.message for error in validate(schema, operation.document)]


def coordinates_of(document: DocumentNode, schema: GraphQLSchema) -> set[str]:
    """Every type, field, argument, input field and enum value that a document relies on.

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

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self._info.get_parent_type()
        field = self._info.get_field_def()
        if parent is None or field is None or node.name.value.startswith("__"):
            return
        self.found |= {parent.name, f"{parent.name}.{node.name.value}"}
        self._add_output(get_named_type(field.type))

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        parent, field = self._info.get_parent_type(), self._field_name()
        if parent is not None and field is not None:
            self.found.add(f"{parent.name}.{field}({node.name.value}:)")

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

    def _field_name(self) -> str | None:
        parent, field = self._info.get_parent_type(), self._info.get_field_def()
        fields = getattr(parent, "fields", {})
        return next((name for name, known in fields.items() if known is field), None)

    def _add_output(self, type_: GraphQLNamedType) -> None:
        self.found.add(type_.name)
        if isinstance(type_, GraphQLEnumType):
            self.found |= {f"{type_.name}.{value}" for value in type_.values}

    def _add_input(self, type_: GraphQLNamedType | None) -> None:
        pending, seen = [type_], set[str]()
        while pending:
            current = pending.pop()
            if current is None or current.name in seen:
                continue
            seen.add(current.name)
            self.found.add(current.name)
            if isinstance(current, GraphQLInputObjectType):
                self.found |= {f"{current.name}.{name}" for name in current.fields}
                pending += [get_named_type(field.type) for field in current.fields.values()]
            elif isinstance(current, GraphQLEnumType):
                self.found |= {f"{current.name}.{name}" for name in current.values}
