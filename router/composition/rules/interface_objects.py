"""@interfaceObject stands on entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import keys_of, use_of
from router.federation.specification import INTERFACE_OBJECT

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def interface_objects(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        use = use_of(definition, INTERFACE_OBJECT)
        if use and not keys_of(definition):
            message = f"@interfaceObject needs a @key on type {definition.name}"
            context.error(ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, use)
