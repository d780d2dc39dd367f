"""Every code that composition gives, with what it means; docs/errors.md is printed from here.

The names of errors are those of Apollo's composition, so that documentation found on the web and
tools that match codes keep working. Codes are never reused for something else.
"""

from __future__ import annotations

from enum import Enum, unique


@unique
class ErrorCode(Enum):
    """Why subgraphs do not compose; the value says what the code means."""

    INVALID_SUBGRAPH_NAME = (
        "A subgraph has no name, a reserved one, or the name of another subgraph."
    )
    INVALID_GRAPHQL = "A schema breaks a rule of the GraphQL specification, or is not SDL at all."
    INVALID_LINK_DIRECTIVE_USAGE = (
        "A @link imports what its specification does not define, or is malformed."
    )
    INVALID_LINK_IDENTIFIER = "The url of a @link names no specification and version."
    LINK_IMPORT_NAME_MISMATCH = (
        "Subgraphs import one directive of federation under different names."
    )
    UNKNOWN_FEDERATION_LINK_VERSION = (
        "A @link asks for a major version of federation that does not exist."
    )
    UNKNOWN_LINK_VERSION = "A @link asks for an unknown version of a specification."
    UNSUPPORTED_LINKED_FEATURE = "A linked specification must be understood to compose, and is not."
    DIRECTIVE_DEFINITION_INVALID = "A subgraph defines a directive of a specification differently."
    TYPE_DEFINITION_INVALID = "A subgraph defines a type of a specification differently."
    ROOT_QUERY_USED = "A type is called Query but another one is the query root."
    ROOT_MUTATION_USED = "A type is called Mutation but another one is the mutation root."
    ROOT_SUBSCRIPTION_USED = (
        "A type is called Subscription but another one is the subscription root."
    )
    KEY_INVALID_FIELDS = "The fields of a @key cannot be selected on the type."
    KEY_INVALID_FIELDS_TYPE = "The fields of a @key are not a string."
    KEY_FIELDS_HAS_ARGS = "A @key selects a field that takes arguments."
    KEY_FIELDS_SELECT_INVALID_TYPE = "A @key selects a field that returns an interface or union."
    KEY_DIRECTIVE_IN_FIELDS_ARG = "The fields of a @key use a directive."
    KEY_UNSUPPORTED_ON_INTERFACE = "A @key stands on an interface, which needs federation 2.3."
    REQUIRES_INVALID_FIELDS = "The fields of a @requires cannot be selected on the type."
    REQUIRES_INVALID_FIELDS_TYPE = "The fields of a @requires are not a string."
    REQUIRES_FIELDS_MISSING_EXTERNAL = "A @requires selects a field that is not @external."
    REQUIRES_DIRECTIVE_IN_FIELDS_ARG = "The fields of a @requires use a directive."
    REQUIRES_UNSUPPORTED_ON_INTERFACE = "A @requires stands on a field of an interface."
    PROVIDES_INVALID_FIELDS = "The fields of a @provides cannot be selected on the field's type."
    PROVIDES_INVALID_FIELDS_TYPE = "The fields of a @provides are not a string."
    PROVIDES_FIELDS_MISSING_EXTERNAL = "A @provides selects a field that is not @external."
    PROVIDES_FIELDS_HAS_ARGS = "A @provides selects a field that takes arguments."
    PROVIDES_DIRECTIVE_IN_FIELDS_ARG = "The fields of a @provides use a directive."
    PROVIDES_ON_NON_OBJECT_FIELD = "A @provides stands on a field that returns no composite type."
    PROVIDES_UNSUPPORTED_ON_INTERFACE = "A @provides stands on a field of an interface."
    EXTERNAL_UNUSED = "An @external field is used by no @key, @requires, @provides or interface."
    EXTERNAL_ON_INTERFACE = "A field of an interface is @external."
    EXTERNAL_MISSING_ON_BASE = "A field is @external in every subgraph that declares it."
    EXTERNAL_TYPE_MISMATCH = "An @external field has another type than where it is resolved."
    EXTERNAL_ARGUMENT_MISSING = "An @external field lacks an argument it has where it is resolved."
    EXTERNAL_ARGUMENT_TYPE_MISMATCH = "An argument of an @external field has another type."
    EXTERNAL_ARGUMENT_DEFAULT_MISMATCH = "An argument of an @external field has another default."
    MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL = (
        "A directive that goes into the supergraph stands on an @external field."
    )
    EXTENSION_WITH_NO_BASE = "A type is extended, but no subgraph defines it."
    OVERRIDE_FROM_SELF_ERROR = "A field overrides itself: @override(from:) names its own subgraph."
    OVERRIDE_SOURCE_HAS_OVERRIDE = "A field is overridden from a subgraph that itself overrides it."
    OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE = (
        "@override meets @external, @provides or @requires on one field."
    )
    OVERRIDE_ON_INTERFACE = "@override stands on a field of an interface."
    OVERRIDE_LABEL_INVALID = "The label of an @override is neither a name nor percent(0..100)."
    INVALID_FIELD_SHARING = (
        "Several subgraphs resolve a field that is not @shareable in all of them."
    )
    INVALID_SHAREABLE_USAGE = "@shareable stands where it means nothing."
    SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES = (
        "A shared field returns an abstract type without a common runtime type."
    )
    TYPE_KIND_MISMATCH = "A type has different kinds in different subgraphs."
    TYPE_WITH_ONLY_UNUSED_EXTERNAL = (
        "A federation 1 type has only @external fields that nothing uses."
    )
    FIELD_TYPE_MISMATCH = "A field has incompatible types in different subgraphs."
    FIELD_ARGUMENT_TYPE_MISMATCH = "An argument has incompatible types in different subgraphs."
    FIELD_ARGUMENT_DEFAULT_MISMATCH = "An argument has different defaults in different subgraphs."
    INPUT_FIELD_DEFAULT_MISMATCH = "An input field has different defaults in different subgraphs."
    REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH = (
        "An argument is required in one subgraph and unknown in another."
    )
    REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH = (
        "An input field is required in one subgraph and unknown in another."
    )
    EMPTY_MERGED_INPUT_TYPE = "No field of an input type is in all subgraphs that define it."
    EMPTY_MERGED_ENUM_TYPE = "No value of an input enum is in all subgraphs that define it."
    ENUM_VALUE_MISMATCH = (
        "An enum for input and output has different values in different subgraphs."
    )
    INTERFACE_FIELD_NO_IMPLEM = (
        "A type implements an interface but no subgraph gives it one of its fields."
    )
    NO_QUERIES = "No subgraph has a query."
    INTERFACE_OBJECT_USAGE_ERROR = (
        "@interfaceObject stands on a type without @key, or on one that is no interface anywhere."
    )
    INTERFACE_KEY_NOT_ON_IMPLEMENTATION = "A type lacks a @key of the interface it implements."
    INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE = (
        "A subgraph has a @key on an interface but not all its implementations."
    )
    QUERY_ROOT_TYPE_INACCESSIBLE = "The query type is @inaccessible."
    REFERENCED_INACCESSIBLE = "An accessible element refers to an @inaccessible type."
    ONLY_INACCESSIBLE_CHILDREN = "A type is accessible but everything in it is @inaccessible."
    REQUIRED_INACCESSIBLE = "A required argument or input field is @inaccessible."
    IMPLEMENTED_BY_INACCESSIBLE = "An @inaccessible field or argument implements an accessible one."
    DEFAULT_VALUE_USES_INACCESSIBLE = (
        "A default value uses an @inaccessible enum value or input field."
    )
    DISALLOWED_INACCESSIBLE = "@inaccessible stands on an element that must stay."
    DIRECTIVE_COMPOSITION_ERROR = "A directive named by @composeDirective cannot be composed."
    AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE = "An authorization directive stands on an interface."
    MISSING_TRANSITIVE_AUTH_REQUIREMENTS = (
        "A field with @requires or @fromContext demands less than what it reads."
    )
    COST_APPLIED_TO_INTERFACE_FIELD = "@cost stands on a field of an interface."
    LIST_SIZE_APPLIED_TO_NON_LIST = (
        "@listSize stands on a field that returns no list, or sizes one that is none."
    )
    LIST_SIZE_INVALID_ASSUMED_SIZE = "The assumed size of a @listSize is negative."
    LIST_SIZE_INVALID_SLICING_ARGUMENT = "A slicing argument of a @listSize is missing or no Int."
    LIST_SIZE_INVALID_SIZED_FIELD = "A sized field of a @listSize does not exist."
    CONTEXT_NAME_INVALID = "The name of a @context is not made of letters and digits."
    CONTEXT_NOT_SET = (
        "A @fromContext reads a context that no type sets, or stands where none can be set."
    )
    CONTEXT_NO_RESOLVABLE_KEY = "A type with a @fromContext argument has no resolvable key."
    CONTEXT_INVALID_SELECTION = (
        "The selection of a @fromContext does not fit the types that set the context."
    )
    NO_CONTEXT_IN_SELECTION = "A @fromContext names no context, or selects nothing from it."
    CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS = (
        "A contextual argument is a plain required one elsewhere."
    )
    SATISFIABILITY_ERROR = "An operation is valid in the API schema but no plan can answer it."


@unique
class HintCode(Enum):
    """What is worth knowing about subgraphs that compose; the value says what the code means."""

    NEWER_FEDERATION_VERSION = (
        "A subgraph uses a newer minor version of federation than is known here."
    )
    INCONSISTENT_DESCRIPTION = (
        "An element has different descriptions; the most frequent one is used."
    )
    INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE = "A field has different but compatible types."
    INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE = "An argument has different but compatible types."
    INCONSISTENT_ARGUMENT_PRESENCE = "An optional argument is not in all subgraphs and is left out."
    INCONSISTENT_DEFAULT_VALUE_PRESENCE = "A default value is not in all subgraphs and is left out."
    INCONSISTENT_ENTITY = "An entity has a @key in some subgraphs only."
    INCONSISTENT_OBJECT_VALUE_TYPE_FIELD = "A value type has a field in some subgraphs only."
    INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD = "An interface has a field in some subgraphs only."
    INCONSISTENT_INPUT_OBJECT_FIELD = (
        "An optional input field is not in all subgraphs and is left out."
    )
    INCONSISTENT_UNION_MEMBER = "A union has a member in some subgraphs only."
    INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM = (
        "A value of an input enum is not in all subgraphs and is left out."
    )
    INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM = "A value of an output enum is in some subgraphs only."
    INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE = (
        "An executable directive is not in all subgraphs and is left out."
    )
    INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE = (
        "An executable directive is repeatable in some subgraphs only, and so is not."
    )
    INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS = (
        "An executable directive has different locations; the common ones stay."
    )
    NO_EXECUTABLE_DIRECTIVE_INTERSECTION = (
        "An executable directive has no common location and is left out."
    )
    INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS = (
        "A directive has different arguments; those used most are kept."
    )
    MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS = (
        "A directive has different arguments, which were merged."
    )
    INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN = (
        "A shared field can return different runtime types."
    )
    FROM_SUBGRAPH_DOES_NOT_EXIST = "@override(from:) names an unknown subgraph."
    OVERRIDDEN_FIELD_CAN_BE_REMOVED = "An overridden field is no longer used in its old subgraph."
    OVERRIDE_DIRECTIVE_CAN_BE_REMOVED = "The overridden field no longer exists in its old subgraph."
    OVERRIDE_MIGRATION_IN_PROGRESS = "A field is being moved under a label."
    UNUSED_ENUM_TYPE = "An enum is used by nothing."
    DIRECTIVE_COMPOSITION_INFO = "A @composeDirective names a directive that is composed anyway."
