"""All rules for one subgraph, in the order their errors are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from router.composition.rules.auth_on_interface import auth_on_interface
from router.composition.rules.context_arguments import context_arguments
from router.composition.rules.context_names import context_names
from router.composition.rules.cost_on_interface import cost_on_interface
from router.composition.rules.default_values import default_values
from router.composition.rules.external_is_used import external_is_used
from router.composition.rules.external_on_interface import external_on_interface
from router.composition.rules.implementations import implementations
from router.composition.rules.input_cycles import input_cycles
from router.composition.rules.interface_keys import interface_keys
from router.composition.rules.interface_objects import interface_objects
from router.composition.rules.key_fields import key_fields
from router.composition.rules.known_directives import known_directives
from router.composition.rules.known_imports import known_imports
from router.composition.rules.known_purposes import known_purposes
from router.composition.rules.known_types import known_types
from router.composition.rules.list_sizes import list_sizes
from router.composition.rules.provides_fields import provides_fields
from router.composition.rules.requires_fields import requires_fields
from router.composition.rules.shareable_fields import shareable_fields
from router.composition.rules.type_bodies import type_bodies

if TYPE_CHECKING:
    from router.composition.rules.rule import Rule, RuleContext

GRAPHQL_RULES: Final[tuple[Rule, ...]] = (
    known_types,
    known_directives,
    type_bodies,
    default_values,
    implementations,
    input_cycles,
)

LINK_RULES: Final[tuple[Rule, ...]] = (known_imports, known_purposes)

FEDERATION_RULES: Final[tuple[Rule, ...]] = (
    key_fields,
    requires_fields,
    provides_fields,
    external_on_interface,
    external_is_used,
    interface_keys,
    interface_objects,
    shareable_fields,
    auth_on_interface,
    cost_on_interface,
    list_sizes,
    context_names,
    context_arguments,
)


def apply_rules(context: RuleContext, rules: tuple[Rule, ...]) -> bool:
    """Apply every rule; whether none found an error."""
    errors_before = context.report.error_count()
    for rule in rules:
        rule(context)
    return context.report.error_count() == errors_before
