"""The API schema: a supergraph without the machinery and without what is @inaccessible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLSchema, build_schema

from router.federation.document import (
    Directive,
    DirectiveDefinition,
    Document,
    EnumValue,
    Field,
    InputValue,
    Kind,
    SchemaDefinition,
    TypeDefinition,
)
from router.federation.sdl_printer import print_description, print_directive, print_input_value
from router.federation.specification import EXECUTABLE_LOCATIONS, ROOTS
from router.supergraph.links import LinkedFeatures, read_links

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT_DIRECTIVES = frozenset(("deprecated", "specifiedBy", "oneOf"))


def build_api_schema(api_sdl: str) -> GraphQLSchema:
    # No error points into this text, and places of its tokens would take half of the memory.
    return build_schema(api_sdl, assume_valid=True, assume_valid_sdl=True, no_location=True)


def print_api_sdl(document: Document) -> str:
    """What clients may use of a supergraph, in its order of types."""
    links = read_links(used for schema in document.schemas for used in schema.directives)
    return _ApiPrinter(document, links).print()


class _ApiPrinter:
    """Prints what is left of a supergraph; the order of definitions stays."""

    def __init__(self, document: Document, links: LinkedFeatures) -> None:
        self._document = document
        self._links = links
        self._inaccessible = links.directive("inaccessible", "inaccessible")
        self._hidden = {
            definition.name
            for definition in document.types
            if links.is_feature_type(definition.name) or self._is_hidden(definition.directives)
        }

    def print(self) -> str:
        parts = [self._schema(schema) for schema in self._document.schemas]
        parts += [self._directive_definition(item) for item in self._document.directives]
        parts += [self._type(item) for item in self._document.types]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _is_hidden(self, directives: Iterable[Directive]) -> bool:
        return any(directive.name == self._inaccessible for directive in directives)

    def _schema(self, schema: SchemaDefinition) -> str:
        roots = {
            operation: name
            for operation, name in schema.operations.items()
            if name not in self._hidden
        }
        usual = all(ROOTS.get(operation) == name for operation, name in roots.items())
        if not roots or (usual and not schema.description):
            return ""
        lines = "\n".join(f"  {operation}: {name}" for operation, name in roots.items())
        return f"{print_description(schema.description)}schema {{\n{lines}\n}}"

    def _directive_definition(self, definition: DirectiveDefinition) -> str:
        locations = [name for name in definition.locations if name in EXECUTABLE_LOCATIONS]
        if not locations or self._links.is_feature_directive(definition.name):
            return ""
        head = f"{print_description(definition.description)}directive @{definition.name}"
        arguments = self._arguments(definition.arguments.values())
        repeatable = " repeatable" if definition.is_repeatable else ""
        return f"{head}{arguments}{repeatable} on {' | '.join(locations)}"

    def _type(self, definition: TypeDefinition) -> str:
        if definition.name in self._hidden:
            return ""
        head = (
            f"{print_description(definition.description)}{definition.kind.value} {definition.name}"
            f"{self._implements(definition)}{_directives(definition.directives)}"
        )
        if definition.kind is Kind.UNION:
            members = [name for name in definition.members if name not in self._hidden]
            return f"{head} = {' | '.join(members)}" if members else head
        lines = self._body(definition)
        return f"{head} {{\n" + "\n".join(lines) + "\n}" if lines else head

    def _implements(self, definition: TypeDefinition) -> str:
        names = [name for name in definition.interfaces if name not in self._hidden]
        return f" implements {' & '.join(names)}" if names else ""

    def _body(self, definition: TypeDefinition) -> list[str]:
        lines = [
            self._field(field)
            for field in definition.fields.values()
            if not self._is_hidden(field.directives)
        ]
        lines += [
            print_description(field.description, "  ") + f"  {_input_value(field)}"
            for field in definition.input_fields.values()
            if not self._is_hidden(field.directives)
        ]
        lines += [
            self._enum_value(value)
            for value in definition.values.values()
            if not self._is_hidden(value.directives)
        ]
        return lines

    def _field(self, field: Field) -> str:
        return (
            f"{print_description(field.description, '  ')}  {field.name}"
            f"{self._arguments(field.arguments.values())}: {field.type}"
            f"{_directives(field.directives)}"
        )

    def _enum_value(self, value: EnumValue) -> str:
        described = print_description(value.description, "  ")
        return f"{described}  {value.name}{_directives(value.directives)}"

    def _arguments(self, arguments: Iterable[InputValue]) -> str:
        shown = [item for item in arguments if not self._is_hidden(item.directives)]
        if not shown:
            return ""
        if any(item.description for item in shown):
            lines = "\n".join(
                f"{print_description(item.description, '    ')}    {_input_value(item)}"
                for item in shown
            )
            return f"(\n{lines}\n  )"
        return f"({', '.join(_input_value(item) for item in shown)})"


def _input_value(value: InputValue) -> str:
    return f"{print_input_value(value)}{_directives(value.directives)}"


def _directives(directives: Iterable[Directive]) -> str:
    return "".join(
        f" {print_directive(used.name, used.arguments)}"
        for used in directives
        if used.name in _KEPT_DIRECTIVES
    )
