"""@shareable stands on fields of object types, once per field before federation 2.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import uses_of
from router.federation.document import Kind
from router.federation.specification import SHAREABLE

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def shareable_fields(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        uses = uses_of(field, SHAREABLE)
        if uses and definition.kind is Kind.INTERFACE:
            message = (
                f"Invalid @shareable on {definition.name}.{field.name}: "
                "only fields of object types can be shareable"
            )
            context.error(ErrorCode.INVALID_SHAREABLE_USAGE, message, uses[0])
        if len(uses) > 1:
            message = f"{definition.name}.{field.name} is @shareable more than once"
            context.error(ErrorCode.INVALID_SHAREABLE_USAGE, message, uses[1])
    for definition in context.schema.types.values():
        parts = [use.part for use in uses_of(definition, SHAREABLE)]
        if len(parts) != len(set(parts)):
            message = f"One declaration of {definition.name} is @shareable more than once"
            context.error(ErrorCode.INVALID_SHAREABLE_USAGE, message, definition)
