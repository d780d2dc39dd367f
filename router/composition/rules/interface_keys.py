"""A @key of an interface is a @key of all its implementations in the subgraph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.facts import field_set_of
from router.composition.subgraph.schema import is_resolvable, keys_of
from router.composition.subgraph.selections import normalized
from router.federation.document import Directive, Kind, TypeDefinition

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def interface_keys(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        if definition.kind is Kind.INTERFACE:
            for key in keys_of(definition):
                _check(context, definition, key)


def _check(context: RuleContext, interface: TypeDefinition, key: Directive) -> None:
    wanted = normalized(field_set_of(key))
    missing: list[str] = []
    unresolvable: list[str] = []
    for implementation in context.schema.implementations.get(interface.name, ()):
        same = [k for k in keys_of(implementation) if normalized(field_set_of(k)) == wanted]
        if not same:
            missing.append(implementation.name)
        elif is_resolvable(key) and not any(map(is_resolvable, same)):
            unresolvable.append(implementation.name)
    start = f'@key(fields: "{key.arguments.get("fields")}") on interface {interface.name}'
    if missing:
        message = f"{start} is missing on its implementations {', '.join(missing)}"
        context.error(ErrorCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION, message, key)
    if unresolvable:
        message = f"{start} is not resolvable on its implementations {', '.join(unresolvable)}"
        context.error(ErrorCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION, message, key)
