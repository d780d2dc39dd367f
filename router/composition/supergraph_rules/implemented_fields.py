"""After the merge, types still have what their interfaces promise.

Each subgraph alone is right; together one may implement an interface whose field only another
subgraph's interface has, or return something wider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subtypes import is_subtype
from router.federation.document import Field, Kind, TypeDefinition

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def implemented_fields(context: MergeContext) -> None:
    for definition in context.merged.types.values():
        for name in definition.interfaces:
            interface = context.merged.types.get(name)
            if interface is None or interface.kind is not Kind.INTERFACE:
                continue
            for promised in interface.fields.values():
                _check(context, definition, interface, promised)


def _check(
    context: MergeContext, definition: TypeDefinition, interface: TypeDefinition, promised: Field
) -> None:
    element = definition.fields.get(promised.name)
    coordinate = f"{interface.name}.{promised.name}"
    if element is None:
        message = (
            f"{coordinate} is not implemented by {definition.name} in any subgraph, "
            f"although {definition.name} implements {interface.name}"
        )
        places = [
            *context.places_at(interface.name, promised.name),
            *context.places_at(definition.name),
        ]
        context.report.error(ErrorCode.INTERFACE_FIELD_NO_IMPLEM, message, places)
        return
    own = f"{definition.name}.{element.name}"
    places = context.places_at(definition.name, element.name)
    if not is_subtype(context.merged.types, element.type, promised.type):
        message = f"{coordinate} has type {promised.type}, but {own} has type {element.type}"
        context.report.error(ErrorCode.INVALID_GRAPHQL, message, places)
    for argument in promised.arguments.values():
        implemented = element.arguments.get(argument.name)
        if implemented is None or implemented.type != argument.type:
            found = f"has type {implemented.type}" if implemented else "does not exist"
            message = (
                f"{coordinate}({argument.name}:) has type {argument.type}, "
                f"but {own}({argument.name}:) {found} in the supergraph"
            )
            context.report.error(ErrorCode.INVALID_GRAPHQL, message, places)
    for argument in element.arguments.values():
        if argument.is_required and argument.name not in promised.arguments:
            message = f"{own}({argument.name}:) is required, but {coordinate} does not have it"
            context.report.error(ErrorCode.INVALID_GRAPHQL, message, places)
