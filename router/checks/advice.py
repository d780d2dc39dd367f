"""What to do about a change: in the subgraph, so that nobody breaks; in clients, to be ready."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from router.checks.coordinates import name_of

if TYPE_CHECKING:
    from router.checks.change import Change


_BECAME_NULLABLE = re.compile(r"from (.+)! to \1\.$")


class Advice(NamedTuple):
    """Sentences; empty where there is nothing to do."""

    subgraph: str = ""
    clients: str = ""


NO_ADVICE = Advice()


def advice_for(change: Change) -> Advice:
    if change.renamed_to:
        return _for_rename(change)
    if change.code.endswith("_REMOVED") and change.deprecation:
        return Advice(
            "Keep it, deprecated as it is, until no known operation uses it.",
            f"Its deprecation says: {change.deprecation}",
        )
    if change.code == "DEPRECATION_ADDED":
        return Advice(clients="Follow its reason before it is removed.")
    if change.code == "FIELD_CHANGED_KIND" and _BECAME_NULLABLE.search(change.message):
        return _ADVICE["FIELD_CHANGED_KIND"]._replace(clients="Be ready for null.")
    if change.code == "FIELD_REMOVED" and change.is_input:
        return _ADVICE["ARG_REMOVED"]
    return _ADVICE.get(change.code, NO_ADVICE)


def _for_rename(change: Change) -> Advice:
    old, new = name_of(change.coordinate), name_of(change.renamed_to)
    marked = f'with @deprecated(reason: "Use {new}.")'
    match change.code:
        case "TYPE_REMOVED":
            return Advice(
                f"A type has no second name: keep {old}, or add fields that use {new} and "
                f"deprecate those that use {old}.",
                f"Write {new} wherever fragments, variables or generated code say {old}.",
            )
        case "VALUE_REMOVED_FROM_ENUM":
            return Advice(
                f"Keep {old} beside {new}, {marked}, until nobody sends or expects it.",
                f"Send {new} instead of {old}, and expect both for a while.",
            )
        case "FIELD_REMOVED" if not change.is_input:
            return Advice(
                f"Keep {old} beside {new}, {marked}, until nobody asks for it.",
                f"Ask for {new} instead of {old}.",
            )
    return Advice(
        f"Keep {old} beside {new}, optional and {marked}, until nobody sends it.",
        f"Send {new} instead of {old}.",
    )


_ADVICE = {
    "FIELD_REMOVED": Advice(
        'Keep it with @deprecated(reason: "...") until no known operation uses it.',
        "Take it out of these operations.",
    ),
    "TYPE_REMOVED": Advice(
        "Keep the type until no field returns it and no known operation names it.",
        "Take out what names it.",
    ),
    "FIELD_CHANGED_KIND": Advice(
        "Add a field with the new type and deprecate this one.", "Be ready for the new type."
    ),
    "TYPE_CHANGED_KIND": Advice("Add a type under a new name."),
    "ARG_REMOVED": Advice(
        "Keep it and ignore it until no known operation sends it.", "Send it no longer."
    ),
    "ARG_CHANGED_KIND": Advice("Add an optional argument with the new type.", "Send the new type."),
    "REQUIRED_ARG_ADDED": Advice("Make the argument nullable or give it a default.", "Send it."),
    "REQUIRED_INPUT_FIELD_ADDED": Advice(
        "Make the input field nullable or give it a default.", "Send it."
    ),
    "DEFAULT_OF_REQUIRED_REMOVED": Advice("Make it nullable, or keep a default.", "Send it."),
    "ROOT_TYPE_CHANGED": Advice("Keep the name.", "Write the new name in fragments."),
    "ROOT_TYPE_REMOVED": Advice(
        "Keep it as a root until no known operation asks it.", "Take out these operations."
    ),
    "ONE_OF_ADDED": Advice("Add an input type under a new name.", "Send exactly one field."),
    "VALUE_REMOVED_FROM_ENUM": Advice(
        'Keep the value with @deprecated(reason: "...") and stop sending it.',
        "Send it no longer.",
    ),
    "TYPE_REMOVED_FROM_UNION": Advice(
        "Keep the member and stop returning it.", "Take out the fragments on it."
    ),
    "IMPLEMENTED_INTERFACE_REMOVED": Advice(
        "Keep the interface until no fragment relies on it.", "Ask for the type by its own name."
    ),
    "VALUE_ADDED_TO_ENUM": Advice("Announce it.", "Have a branch for unknown values."),
    "TYPE_ADDED_TO_UNION": Advice("Announce it.", "Have a branch for unknown types."),
    "IMPLEMENTED_INTERFACE_ADDED": Advice("", "Have a branch for unknown types."),
    "ARG_DEFAULT_VALUE_CHANGE": Advice(
        "Announce it.", "Whoever leaves it out gets the new behaviour; send it to keep the old one."
    ),
    "INPUT_FIELD_DEFAULT_VALUE_CHANGE": Advice(
        "Announce it.", "Whoever leaves it out gets the new behaviour; send it to keep the old one."
    ),
    "AUTHORIZATION_ADDED": Advice("Announce it.", "Be ready for null and FORBIDDEN without it."),
    "AUTHORIZATION_CHANGED": Advice("Announce it.", "Be ready for null and FORBIDDEN without it."),
    "DIRECTIVE_REMOVED": Advice("Keep the directive and ignore it.", "Take it out."),
    "DIRECTIVE_ARG_REMOVED": Advice("Keep the argument and ignore it.", "Send it no longer."),
    "DIRECTIVE_LOCATION_REMOVED": Advice("Keep the location.", "Take it out there."),
}
