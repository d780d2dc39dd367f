"""What an interface demands: all that the types behind it demand.

Subgraphs cannot protect an interface themselves (see rules/auth_on_interface.py). A selection made
on the interface may reach any implementation, so it needs the requirements of all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.merge.authorization import conjunction
from router.federation.document import Directive, Kind, TypeDefinition
from router.federation.specification import AUTH_DIRECTIVES, AUTHENTICATED, POLICY, REQUIRES_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.composition.merge.applied_directives import Directed
    from router.composition.merge.merged_schema import MergeContext

_ARGUMENTS = {REQUIRES_SCOPES: "scopes", POLICY: "policies"}


def protect_interfaces(context: MergeContext) -> None:
    for interface in context.merged.types.values():
        if interface.kind is not Kind.INTERFACE:
            continue
        implementations = context.merged.implementations(interface.name)
        _hand_down(interface, implementations)
        interface.directives = _combined(interface.directives, implementations)
        for field in interface.fields.values():
            fields = [
                implementation.fields[field.name]
                for implementation in implementations
                if field.name in implementation.fields
            ]
            field.directives = _combined(field.directives, fields)


def _hand_down(interface: TypeDefinition, implementations: Iterable[TypeDefinition]) -> None:
    """What an @interfaceObject demands for a field holds for the field of every implementation."""
    for field in interface.fields.values():
        if not any(use.name in AUTH_DIRECTIVES for use in field.directives):
            continue
        for implementation in implementations:
            own = implementation.fields.get(field.name)
            if own is not None:
                own.directives = _combined(own.directives, [field])


def combine_requirements(directives: Iterable[Directive]) -> list[Directive]:
    """At most one of each authorization directive, meaning the same as all of these together."""
    found: dict[str, list[Directive]] = {}
    for use in directives:
        if use.name in AUTH_DIRECTIVES:
            found.setdefault(use.name, []).append(use)
    combined: list[Directive] = []
    for name, uses in sorted(found.items()):
        if name == AUTHENTICATED:
            combined.append(Directive(name, {}))
        else:
            argument = _ARGUMENTS[name]
            values = [use.arguments.get(argument) for use in uses]
            combined.append(Directive(name, {argument: conjunction(values)}))
    return combined


def _combined(own: list[Directive], elements: Iterable[Directed]) -> list[Directive]:
    others = [use for element in elements for use in element.directives]
    if not any(use.name in AUTH_DIRECTIVES for use in others):
        return own
    kept = [use for use in own if use.name not in AUTH_DIRECTIVES]
    return [*kept, *combine_requirements([*own, *others])]
