"""@external never stands on a field of an interface, which nobody resolves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.document import Kind

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def external_on_interface(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        coordinate = (definition.name, field.name)
        if definition.kind is Kind.INTERFACE and coordinate in context.facts.external:
            message = f"Interface field {definition.name}.{field.name} cannot be @external"
            context.error(ErrorCode.EXTERNAL_ON_INTERFACE, message, field)
