"""Types have what the interfaces they implement promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subtypes import is_subtype
from router.federation.document import Field, Kind, TypeDefinition

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def implementations(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        for name in definition.interfaces:
            interface = context.schema.types.get(name)
            if interface is not None and interface.kind is Kind.INTERFACE:
                _check(context, definition, interface)


def _check(context: RuleContext, definition: TypeDefinition, interface: TypeDefinition) -> None:
    if interface.name == definition.name:
        message = f"Interface {interface.name} cannot implement itself"
        context.error(ErrorCode.INVALID_GRAPHQL, message, definition)
        return
    if definition.name in interface.interfaces:
        message = (
            f"Interface {definition.name} cannot implement {interface.name}, "
            f"which implements {definition.name}"
        )
        context.error(ErrorCode.INVALID_GRAPHQL, message, definition)
    for name in interface.interfaces:
        if name not in definition.interfaces and name != definition.name:
            message = (
                f"Type {definition.name} must implement {name}, which {interface.name} implements"
            )
            context.error(ErrorCode.INVALID_GRAPHQL, message, definition)
    for promised in interface.fields.values():
        element = definition.fields.get(promised.name)
        coordinate = f"{interface.name}.{promised.name}"
        if element is None:
            message = (
                f"{definition.name} implements {interface.name}, but has no field {promised.name}"
            )
            context.error(ErrorCode.INVALID_GRAPHQL, message, definition)
            continue
        if not is_subtype(context.schema.types, element.type, promised.type):
            message = (
                f"{coordinate} has type {promised.type}, "
                f"but {definition.name}.{element.name} has type {element.type}"
            )
            context.error(ErrorCode.INVALID_GRAPHQL, message, element)
        _check_arguments(context, definition, element, promised, coordinate)


def _check_arguments(
    context: RuleContext,
    definition: TypeDefinition,
    element: Field,
    promised: Field,
    coordinate: str,
) -> None:
    for argument in promised.arguments.values():
        own = element.arguments.get(argument.name)
        if own is None:
            message = f"{definition.name}.{element.name} lacks {coordinate}({argument.name}:)"
            context.error(ErrorCode.INVALID_GRAPHQL, message, element)
        elif own.type != argument.type:
            message = (
                f"{coordinate}({argument.name}:) has type {argument.type}, "
                f"but {definition.name}.{element.name}({own.name}:) has type {own.type}"
            )
            context.error(ErrorCode.INVALID_GRAPHQL, message, own)
    for own in element.arguments.values():
        if own.name not in promised.arguments and own.is_required:
            message = (
                f"{definition.name}.{element.name} needs the argument {own.name}, "
                f"which {coordinate} does not have"
            )
            context.error(ErrorCode.INVALID_GRAPHQL, message, own)
