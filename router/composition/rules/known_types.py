"""Every type that is named exists and is of a kind that may stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.suggestions import meant
from router.federation.document import Field, InputValue, Kind, TypeDefinition
from router.federation.specification import RESERVED_PREFIXES, STANDARD_SCALARS
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext
    from router.composition.subgraph.schema import Located

_NOT_OUTPUT = Kind.INPUT_OBJECT
_NOT_INPUT = frozenset({Kind.OBJECT, Kind.INTERFACE, Kind.UNION})


def known_types(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        for element in definition.fields.values():
            _check_output(context, definition, element)
        for input_field in definition.input_fields.values():
            _check_input(context, f"{definition.name}.{input_field.name}", input_field)
        _check_named(context, definition)
    for directive in context.schema.directives.values():
        for argument in directive.arguments.values():
            _check_input(context, f"@{directive.name}({argument.name}:)", argument)


def _check_output(context: RuleContext, parent: TypeDefinition, element: Field) -> None:
    name = named_type(element.type)
    coordinate = f"{parent.name}.{element.name}"
    definition = context.schema.types.get(name)
    if definition is None:
        if name not in STANDARD_SCALARS:
            _unknown(context, coordinate, name, element)
    elif definition.kind is _NOT_OUTPUT:
        message = f"The type of {coordinate} must be an output type, not {element.type}"
        context.error(ErrorCode.INVALID_GRAPHQL, message, element)
    for argument in element.arguments.values():
        _check_input(context, f"{coordinate}({argument.name}:)", argument)


def _check_input(context: RuleContext, coordinate: str, element: InputValue) -> None:
    name = named_type(element.type)
    definition = context.schema.types.get(name)
    if definition is None:
        if name not in STANDARD_SCALARS:
            _unknown(context, coordinate, name, element)
    elif definition.kind in _NOT_INPUT:
        message = f"The type of {coordinate} must be an input type, not {element.type}"
        context.error(ErrorCode.INVALID_GRAPHQL, message, element)


def _unknown(context: RuleContext, coordinate: str, name: str, element: Located | int) -> None:
    prefix, separator, _ = name.partition("__")
    if separator and prefix in RESERVED_PREFIXES:
        why = f'; names with "{prefix}__" belong to the specification {prefix}'
    else:
        why = meant(name, [*context.schema.types, *STANDARD_SCALARS])
    message = f'{coordinate} refers to the unknown type "{name}"{why}'
    context.error(ErrorCode.INVALID_GRAPHQL, message, element)


def _check_named(context: RuleContext, definition: TypeDefinition) -> None:
    for what, names, kind in (
        ("implement", definition.interfaces, Kind.INTERFACE),
        ("include", definition.members, Kind.OBJECT),
    ):
        for name, offset in names.items():
            other = context.schema.types.get(name)
            if other is None:
                _unknown(context, definition.name, name, offset)
            elif other.kind is not kind:
                message = f"{definition.name} can only {what} {kind.words}s, not {name}"
                context.error(ErrorCode.INVALID_GRAPHQL, message, offset)
