"""@cost stands on what is resolved, which fields of interfaces are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import use_of
from router.federation.document import Kind
from router.federation.specification import COST

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def cost_on_interface(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        if definition.kind is not Kind.INTERFACE:
            continue
        uses = [use_of(field, COST), *(use_of(each, COST) for each in field.arguments.values())]
        for use in filter(None, uses):
            message = f"@cost cannot be on {definition.name}.{field.name}: it is of an interface"
            context.error(ErrorCode.COST_APPLIED_TO_INTERFACE_FIELD, message, use)
