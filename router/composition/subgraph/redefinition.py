"""Whether a subgraph's own definition of a specification's element is compatible with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.document import (
    ABSENT,
    DirectiveDefinition,
    InputValue,
    Kind,
    TypeDefinition,
)
from router.federation.specification import STANDARD_SCALARS
from router.federation.type_refs import is_list, is_non_null, item_type, named_type, nullable
from router.federation.values import print_value, same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def difference(
    actual: DirectiveDefinition,
    expected: DirectiveDefinition,
    type_name: Callable[[str], str],
    types: Mapping[str, TypeDefinition],
) -> str | None:
    """What makes a redefinition incompatible; None if it may stand.

    A redefinition may leave out optional arguments, locations and repetition, make an optional
    argument required and items of a list non-null, and use any type but another custom scalar
    where the specification has a scalar of its own, whose values GraphQL does not look at:
    libraries print `import: [String!]` for @link, and there is `fields: [String!]!` for @key.

    `type_name` tells what the subgraph calls a type of the specification, `types` are its own.
    """
    for argument in actual.arguments.values():
        wanted = expected.arguments.get(argument.name)
        if wanted is None:
            return f'unknown argument "{argument.name}"'
        problem = _argument_difference(argument, wanted, type_name, types)
        if problem:
            return f'argument "{argument.name}" {problem}'
    for wanted in expected.arguments.values():
        if wanted.is_required and wanted.name not in actual.arguments:
            return f'missing required argument "{wanted.name}"'
    if actual.is_repeatable and not expected.is_repeatable:
        return "it must not be repeatable"
    extra = [location for location in actual.locations if location not in expected.locations]
    if extra:
        return f"it can only be on {', '.join(expected.locations)}, not on {', '.join(extra)}"
    return None


def _argument_difference(
    actual: InputValue,
    expected: InputValue,
    type_name: Callable[[str], str],
    types: Mapping[str, TypeDefinition],
) -> str | None:
    if not _same_type(actual.type, expected.type, type_name, types):
        wanted_type = expected.type
        named = named_type(wanted_type)
        if named not in STANDARD_SCALARS:
            wanted_type = wanted_type.replace(named, type_name(named))
        return f'must have type "{wanted_type}", not "{actual.type}"'
    if (actual.default is ABSENT) != (expected.default is ABSENT) or not same_value(
        actual.default, expected.default
    ):
        if expected.default is ABSENT:
            return "must have no default"
        return f"must have the default {print_value(expected.default)}"
    return None


def _same_type(
    actual: str,
    expected: str,
    type_name: Callable[[str], str],
    types: Mapping[str, TypeDefinition],
) -> bool:
    if is_non_null(expected) and not is_non_null(actual):
        return False
    actual, expected = nullable(actual), nullable(expected)
    if is_list(expected):
        return is_list(actual) and _same_type(
            item_type(actual), item_type(expected), type_name, types
        )
    if expected in STANDARD_SCALARS:
        return actual == expected
    is_custom_scalar = actual in types and types[actual].kind is Kind.SCALAR
    return actual == type_name(expected) or not is_custom_scalar


def type_difference(actual: TypeDefinition, expected: TypeDefinition) -> str | None:
    """What makes a redefined type incompatible; None if it may stand."""
    if actual.kind is not expected.kind:
        return f"it must be {expected.kind.a}, not {actual.kind.a}"
    if actual.kind is Kind.ENUM and actual.values.keys() != expected.values.keys():
        return f"its values must be {', '.join(expected.values)}"
    return None
