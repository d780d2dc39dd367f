"""What changed between two schemas, and what each change means for clients.

graphql-core decides what is breaking, dangerous and safe. It says where only in its descriptions,
so the coordinate is read from there. A removal and an addition that look like a rename become one
change, and what graphql-core does not notice is added.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_required_argument,
    is_required_input_field,
)
from graphql.utilities.find_schema_changes import (
    BreakingChange,
    DangerousChange,
    SchemaChange,
    find_schema_changes,
)

from router.checks.change import Change, Severity
from router.checks.renames import join_renames
from router.checks.unnoticed_changes import reasons_of_deprecations, unnoticed_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

# How graphql-core words the place of a change, the more telling form first.
_PLACES = (
    re.compile(r" (?:union type|implemented by) (?P<place>\w+)\.$"),
    re.compile(r"(?P<place>@?[A-Za-z_]\w*\.\w+(?:\(\w+:?\))?|@\w+(?:\(\w+:?\))?)"),
    re.compile(r"^(?:Description of )?(?P<place>\w+) (?:was|has|no|changed)\b"),
)


def schema_changes(old: GraphQLSchema, new: GraphQLSchema) -> tuple[Change, ...]:
    """Every change from `old` to `new`, the breaking ones first."""
    deprecations = reasons_of_deprecations(old)
    changes = [
        _change(found, old, new, deprecations)
        for found in find_schema_changes(old, new)
        # That nothing refers to Int any more says less than the change that took it away.
        if not found.description.startswith("Standard scalar")
    ]
    changes = join_renames(changes, old, new)
    changes += unnoticed_changes(old, new)
    rank = list(Severity).index
    return tuple(sorted(changes, key=lambda c: (rank(c.severity), c.coordinate, c.code)))


def _change(
    found: SchemaChange,
    old: GraphQLSchema,
    new: GraphQLSchema,
    deprecations: Mapping[str, str | None],
) -> Change:
    severity = Severity.SAFE
    if isinstance(found, BreakingChange):
        severity = Severity.BREAKING
    elif isinstance(found, DangerousChange):
        severity = Severity.DANGEROUS
    code, message = found.type.name, found.description
    if code == "DESCRIPTION_CHANGED":
        message = message[: message.index(" has changed")] + " has changed."
    coordinate = coordinate_in(message)
    if code.endswith("DEFAULT_VALUE_CHANGE") and _is_required(coordinate, new):
        # graphql-core calls it dangerous, but whoever leaves it out is refused now.
        message = f"{coordinate} has no default any more and must be sent."
        return Change(Severity.BREAKING, "DEFAULT_OF_REQUIRED_REMOVED", coordinate, message)
    holder = old.type_map.get(coordinate.partition(".")[0])
    return Change(
        severity,
        code,
        coordinate,
        message,
        is_input=isinstance(holder, GraphQLInputObjectType),
        deprecation=deprecations.get(coordinate) or "",
    )


def _is_required(coordinate: str, schema: GraphQLSchema) -> bool:
    holder, _, argument = coordinate.rstrip(":)").partition("(")
    if holder.startswith("@"):
        directive = schema.get_directive(holder[1:])
        return directive is not None and is_required_argument(directive.args[argument])
    owner, _, field = holder.partition(".")
    match schema.type_map.get(owner):
        case GraphQLInputObjectType(fields=fields):
            return is_required_input_field(fields[field])
        case GraphQLObjectType(fields=fields) | GraphQLInterfaceType(fields=fields):
            return is_required_argument(fields[field].args[argument])
    return False


def coordinate_in(message: str) -> str:
    """The schema coordinate that a description of graphql-core is about."""
    for pattern in _PLACES:
        found = pattern.search(message)
        if found is not None:
            return re.sub(r"\((\w+)\)", r"(\1:)", found["place"])
    return ""
