"""@external never stands on a field of an interface, which nobody resolves."""

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
