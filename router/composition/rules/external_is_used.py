"""@external marks what something in the subgraph reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.document import Kind

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


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
