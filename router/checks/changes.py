"""What changed between two schemas, and what each change means for clients.

graphql-core decides what is breaking, dangerous and safe. It says where only in its descriptions,
so the coordinate is read from there; deprecations, which it leaves out, are found here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from graphql import (
    GraphQLEnumType,
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# How graphql-core words the place of a change, the more telling form first.
_PLACES = (
    re.compile(r" (?:union type|implemented by) (?P<place>\w+)\.$"),
    re.compile(r"(?P<place>@?[A-Za-z_]\w*\.\w+(?:\(\w+:?\))?|@\w+(?:\(\w+:?\))?)"),
    re.compile(r"^(?:Standard scalar |Description of )?(?P<place>\w+) (?:was|has|no|changed)\b"),
)


class Severity(Enum):
    """What a change can do to a client that is already out there."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        code: For programs, like FIELD_REMOVED.
        coordinate: `Type`, `Type.field`, `Type.field(argument:)` or `@directive`.
    """

    severity: Severity
    code: str
    coordinate: str
    message: str

    @property
    def advice(self) -> str:
        """What to do instead; empty when there is nothing to say."""
        return _ADVICE.get(self.code, "")


_ADVICE = {
    "FIELD_REMOVED": "Keep it with @deprecated(reason: ...) until no known operation uses it.",
    "TYPE_REMOVED": "Keep the type until no field returns it and no known operation names it.",
    "FIELD_CHANGED_KIND": "Add a field with the new type and deprecate this one.",
    "TYPE_CHANGED_KIND": "Add a type under a new name.",
    "ARG_REMOVED": "Keep the argument and ignore it until no known operation sends it.",
    "ARG_CHANGED_KIND": "Add an optional argument with the new type.",
    "REQUIRED_ARG_ADDED": "Make the argument nullable or give it a default.",
    "REQUIRED_INPUT_FIELD_ADDED": "Make the input field nullable or give it a default.",
    "DEFAULT_OF_REQUIRED_REMOVED": "Make it nullable, or keep a default.",
    "VALUE_REMOVED_FROM_ENUM": "Keep the value with @deprecated(reason: ...) and stop sending it.",
    "TYPE_REMOVED_FROM_UNION": "Keep the member and stop returning it.",
    "IMPLEMENTED_INTERFACE_REMOVED": "Keep the interface until no fragment relies on it.",
    "VALUE_ADDED_TO_ENUM": "Clients must have a branch for unknown values; announce it.",
    "TYPE_ADDED_TO_UNION": "Clients must have a branch for unknown types; announce it.",
    "ARG_DEFAULT_VALUE_CHANGE": "Clients that leave it out get the new behaviour; announce it.",
}


def schema_changes(old: GraphQLSchema, new: GraphQLSchema) -> tuple[Change, ...]:
    """Every change from `old` to `new`, the breaking ones first."""
    changes = [_change(found, new) for found in find_schema_changes(old, new)]
    changes += _deprecation_changes(_deprecations(old), _deprecations(new))
    rank = list(Severity).index
    return tuple(sorted(changes, key=lambda c: (rank(c.severity), c.coordinate, c.code)))


def _change(found: SchemaChange, new: GraphQLSchema) -> Change:
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
    return Change(severity, code, coordinate, message)


def _is_required(coordinate: str, schema: GraphQLSchema) -> bool:
    owner, _, member = coordinate.partition(".")
    field, _, argument = member.rstrip(":)").partition("(")
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


def _deprecations(schema: GraphQLSchema) -> Mapping[str, str | None]:
    return dict(_reasons(schema))


def _reasons(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.deprecation_reason
                for argument_name, argument in field.args.items():
                    coordinate = f"{type_.name}.{name}({argument_name}:)"
                    yield coordinate, argument.deprecation_reason
        elif isinstance(type_, GraphQLInputObjectType):
            for name, input_field in type_.fields.items():
                yield f"{type_.name}.{name}", input_field.deprecation_reason
        elif isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.deprecation_reason


def _deprecation_changes(
    old: Mapping[str, str | None], new: Mapping[str, str | None]
) -> list[Change]:
    changes: list[Change] = []
    for coordinate, reason in new.items():
        before = old.get(coordinate)
        if coordinate not in old or before == reason:
            continue
        if reason is None:
            code, message = "DEPRECATION_REMOVED", f"{coordinate} is no longer deprecated."
        elif before is None:
            code, message = "DEPRECATION_ADDED", f"{coordinate} is deprecated: {reason}"
        else:
            code, message = "DEPRECATION_CHANGED", f"{coordinate} is deprecated now for: {reason}"
        changes.append(Change(Severity.SAFE, code, coordinate, message))
    return changes
