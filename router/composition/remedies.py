"""What to do about each error of composition: one sentence, printed below the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode as E

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_REMEDY: Mapping[str, tuple[E, ...]] = {
    "Give the subgraph a name of its own.": (E.INVALID_SUBGRAPH_NAME,),
    "Mend the SDL of this subgraph; it is refused without the others too.": (E.INVALID_GRAPHQL,),
    "Import only what the linked version defines, or link a version that defines it.": (
        E.INVALID_LINK_DIRECTIVE_USAGE,
    ),
    "Write the url as https://specs.apollo.dev/NAME/vMAJOR.MINOR.": (
        E.INVALID_LINK_IDENTIFIER,
        E.UNKNOWN_LINK_VERSION,
        E.UNKNOWN_FEDERATION_LINK_VERSION,
    ),
    "Import it under the same name in all of them.": (E.LINK_IMPORT_NAME_MISMATCH,),
    "Take the @link out, or its `for: SECURITY` or `for: EXECUTION`.": (
        E.UNSUPPORTED_LINKED_FEATURE,
    ),
    "Leave the definition out: a @link brings it.": (
        E.DIRECTIVE_DEFINITION_INVALID,
        E.TYPE_DEFINITION_INVALID,
    ),
    "Rename the type, or make it the root of its operation.": (
        E.ROOT_QUERY_USED,
        E.ROOT_MUTATION_USED,
        E.ROOT_SUBSCRIPTION_USED,
    ),
    "Let it select fields that the type has, without arguments and directives, and those of "
    "objects with a selection of their own.": (
        E.KEY_INVALID_FIELDS,
        E.KEY_FIELDS_HAS_ARGS,
        E.KEY_DIRECTIVE_IN_FIELDS_ARG,
        E.REQUIRES_INVALID_FIELDS,
        E.REQUIRES_DIRECTIVE_IN_FIELDS_ARG,
        E.PROVIDES_INVALID_FIELDS,
        E.PROVIDES_FIELDS_HAS_ARGS,
        E.PROVIDES_DIRECTIVE_IN_FIELDS_ARG,
    ),
    "Choose fields that return scalars, enums or objects.": (E.KEY_FIELDS_SELECT_INVALID_TYPE,),
    'Write the fields as a text: fields: "id".': (
        E.KEY_INVALID_FIELDS_TYPE,
        E.REQUIRES_INVALID_FIELDS_TYPE,
        E.PROVIDES_INVALID_FIELDS_TYPE,
    ),
    "Link federation v2.3 or later, or put the key on the implementations.": (
        E.KEY_UNSUPPORTED_ON_INTERFACE,
    ),
    "Mark the field @external here, or do not select it: this subgraph has it anyway.": (
        E.REQUIRES_FIELDS_MISSING_EXTERNAL,
        E.PROVIDES_FIELDS_MISSING_EXTERNAL,
    ),
    "Put the directive on the fields of the implementations.": (
        E.REQUIRES_UNSUPPORTED_ON_INTERFACE,
        E.PROVIDES_UNSUPPORTED_ON_INTERFACE,
        E.EXTERNAL_ON_INTERFACE,
        E.OVERRIDE_ON_INTERFACE,
        E.COST_APPLIED_TO_INTERFACE_FIELD,
        E.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE,
    ),
    "Take the @provides out, or let the field return an object or interface.": (
        E.PROVIDES_ON_NON_OBJECT_FIELD,
    ),
    "Remove the field from this subgraph, or take @external off it.": (E.EXTERNAL_UNUSED,),
    "One subgraph has to resolve it: take @external off there.": (E.EXTERNAL_MISSING_ON_BASE,),
    "Declare it as the subgraph does that resolves it.": (
        E.EXTERNAL_TYPE_MISMATCH,
        E.EXTERNAL_ARGUMENT_MISSING,
        E.EXTERNAL_ARGUMENT_TYPE_MISMATCH,
        E.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH,
    ),
    "Move the directive to where the field is resolved.": (
        E.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL,
    ),
    "Write `type` in the subgraph that owns it.": (E.EXTENSION_WITH_NO_BASE,),
    "Name another subgraph in `from`.": (E.OVERRIDE_FROM_SELF_ERROR,),
    "Let one @override stand: that of the subgraph which shall have the field.": (
        E.OVERRIDE_SOURCE_HAS_OVERRIDE,
    ),
    "Take one of the two directives off the field.": (E.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,),
    'Use a name, or "percent(10)".': (E.OVERRIDE_LABEL_INVALID,),
    "Mark it @shareable in every subgraph that resolves it, or leave it to one of them; "
    "@override moves it from one to another.": (E.INVALID_FIELD_SHARING,),
    "Put @shareable on object types and their fields only.": (E.INVALID_SHAREABLE_USAGE,),
    "Let all of them be able to return at least one type in common.": (
        E.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
    ),
    "Rename the type in all subgraphs but one, or make it the same kind.": (E.TYPE_KIND_MISMATCH,),
    "Take the type out, or use its fields in a @key or @requires.": (
        E.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
    ),
    "Make the types equal but for nullability, or name the field differently.": (
        E.FIELD_TYPE_MISMATCH,
    ),
    "Make the types equal but for nullability.": (E.FIELD_ARGUMENT_TYPE_MISMATCH,),
    "Write the same default everywhere.": (
        E.FIELD_ARGUMENT_DEFAULT_MISMATCH,
        E.INPUT_FIELD_DEFAULT_MISMATCH,
    ),
    "Add it to the other subgraphs, or make it optional where it is.": (
        E.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH,
        E.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH,
    ),
    "Let all subgraphs that define it have at least one part in common.": (
        E.EMPTY_MERGED_INPUT_TYPE,
        E.EMPTY_MERGED_ENUM_TYPE,
    ),
    "Add the value everywhere, or hide it with @inaccessible until it is there.": (
        E.ENUM_VALUE_MISMATCH,
    ),
    "Add the field to the type in one subgraph, or take the interface off it.": (
        E.INTERFACE_FIELD_NO_IMPLEM,
    ),
    "Give one subgraph a field of Query.": (E.NO_QUERIES,),
    "Give it a @key, and define it as an interface with that key in another subgraph.": (
        E.INTERFACE_OBJECT_USAGE_ERROR,
    ),
    "Put the same @key on the type.": (E.INTERFACE_KEY_NOT_ON_IMPLEMENTATION,),
    "Define the missing types here, or make it an @interfaceObject.": (
        E.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE,
    ),
    "Take @inaccessible off it.": (
        E.QUERY_ROOT_TYPE_INACCESSIBLE,
        E.REQUIRED_INACCESSIBLE,
        E.IMPLEMENTED_BY_INACCESSIBLE,
        E.DISALLOWED_INACCESSIBLE,
    ),
    "Hide what refers to it too, or take @inaccessible off it.": (
        E.REFERENCED_INACCESSIBLE,
        E.DEFAULT_VALUE_USES_INACCESSIBLE,
    ),
    "Hide the type too, or show one part of it.": (E.ONLY_INACCESSIBLE_CHILDREN,),
    "Link the directive's specification with one major version everywhere, and import it.": (
        E.DIRECTIVE_COMPOSITION_ERROR,
    ),
    "Put at least the same requirement on the field that reads it.": (
        E.MISSING_TRANSITIVE_AUTH_REQUIREMENTS,
    ),
    "Let @listSize stand on a list, or name lists in `sizedFields`.": (
        E.LIST_SIZE_APPLIED_TO_NON_LIST,
        E.LIST_SIZE_INVALID_SIZED_FIELD,
    ),
    "Use a number from 0.": (E.LIST_SIZE_INVALID_ASSUMED_SIZE,),
    "Name arguments of the field that are Int.": (E.LIST_SIZE_INVALID_SLICING_ARGUMENT,),
    "Use letters and digits only.": (E.CONTEXT_NAME_INVALID,),
    "Put @context(name:) on a type in this subgraph that the field lies below; no interface may "
    "have the field, and the argument no default.": (E.CONTEXT_NOT_SET,),
    "Give the type a @key that this subgraph resolves.": (E.CONTEXT_NO_RESOLVABLE_KEY,),
    'Write the field as "$context { field }" with a field of the types that set it.': (
        E.CONTEXT_INVALID_SELECTION,
        E.NO_CONTEXT_IN_SELECTION,
    ),
    "Make it optional where it is a plain argument, or contextual everywhere.": (
        E.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
    ),
    "Give the types on the way a @key that the subgraph with the field resolves, or make the "
    "field @shareable and resolve it where one gets to.": (E.SATISFIABILITY_ERROR,),
}

_REMEDIES: Mapping[str, str] = {
    code.name: remedy for remedy, codes in _BY_REMEDY.items() for code in codes
}


def remedy(code: str) -> str:
    """What helps against an error; empty for codes of hints."""
    return _REMEDIES.get(code, "")
