"""Authorization stands on what is resolved, never on interfaces.

What an interface demands follows from the types behind it; a demand written on the interface could
be walked around through a fragment on an implementation. Fields of an @interfaceObject type are
resolved in their subgraph and may have demands of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import use_of
from router.federation.document import Directive, Kind
from router.federation.specification import AUTH_DIRECTIVES, INTERFACE_OBJECT, shown

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def auth_on_interface(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        is_interface = definition.kind is Kind.INTERFACE
        if is_interface or use_of(definition, INTERFACE_OBJECT):
            _check(context, definition.name, definition.directives)
        if is_interface:
            for field in definition.fields.values():
                _check(context, f"{definition.name}.{field.name}", field.directives)


def _check(context: RuleContext, coordinate: str, directives: list[Directive]) -> None:
    for use in directives:
        if use.name in AUTH_DIRECTIVES:
            message = f"{shown(use.name)} cannot be on {coordinate}: it is of an interface"
            context.error(ErrorCode.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE, message, use)
