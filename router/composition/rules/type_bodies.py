"""Types are not empty, names are not reserved, required things are not deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import use_of
from router.federation.document import InputValue, Kind, TypeDefinition
from router.federation.specification import ROOTS

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def type_bodies(context: RuleContext) -> None:
    for directive in context.schema.directives.values():
        _check_name(context, directive.name, directive.offset)
        for argument in directive.arguments.values():
            _check_name(context, argument.name, argument.offset)
    for definition in context.schema.types.values():
        _check_empty(context, definition)
        _check_name(context, definition.name, definition.offset)
        for value in definition.values.values():
            _check_name(context, value.name, value.offset)
        for element in definition.fields.values():
            _check_name(context, element.name, element.offset)
            for argument in element.arguments.values():
                _check_name(context, argument.name, argument.offset)
                _check_deprecated(context, argument)
        for input_field in definition.input_fields.values():
            _check_name(context, input_field.name, input_field.offset)
            _check_deprecated(context, input_field)


def _check_empty(context: RuleContext, definition: TypeDefinition) -> None:
    if not definition.has_definition or definition.name in ROOTS.values():
        return
    content = (
        definition.fields or definition.input_fields or definition.values or definition.members
    )
    if definition.kind is not Kind.SCALAR and not content:
        message = f"{definition.name} is {definition.kind.a} with nothing in it"
        context.error(ErrorCode.INVALID_GRAPHQL, message, definition)


def _check_name(context: RuleContext, name: str, offset: int) -> None:
    if name.startswith("__"):
        message = f'Name "{name}" must not begin with "__", which is reserved'
        context.error(ErrorCode.INVALID_GRAPHQL, message, offset)


def _check_deprecated(context: RuleContext, element: InputValue) -> None:
    if element.directives and element.is_required and use_of(element, "deprecated"):
        message = f'"{element.name}" is required and cannot be deprecated'
        context.error(ErrorCode.INVALID_GRAPHQL, message, element)
