"""@external marks what somebody uses, and never a field of an interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import use_of
from router.federation.document import Kind
from router.federation.specification import EXTERNAL

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def external_on_interface(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        if definition.kind is Kind.INTERFACE and use_of(field, EXTERNAL):
            message = f"Interface field {definition.name}.{field.name} cannot be @external"
            context.error(ErrorCode.EXTERNAL_ON_INTERFACE, message, field)


def external_is_used(context: RuleContext) -> None:
    facts = context.facts
    for definition, field in context.schema.fields():
        coordinate = (definition.name, field.name)
        if definition.kind is not Kind.OBJECT:
            continue
        if coordinate in facts.external and coordinate not in facts.used:
            message = (
                f"Field {definition.name}.{field.name} is @external but no @key, @requires or "
                "@provides uses it, nor an interface; remove it or its @external"
            )
            context.error(ErrorCode.EXTERNAL_UNUSED, message, field)
