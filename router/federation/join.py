"""The join specification, and the other specifications a supergraph links, as SDL.

v0.3 is what every router reads; v0.5 adds override labels and context arguments and is used only
where a graph needs one of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from router.federation.specification import (
    AUTHENTICATED,
    CACHE_TAG,
    CONTEXT,
    COST,
    INACCESSIBLE,
    LIST_SIZE,
    POLICY,
    REQUIRES_SCOPES,
    TAG,
)

JOIN_0_3: Final = "https://specs.apollo.dev/join/v0.3"
JOIN_0_5: Final = "https://specs.apollo.dev/join/v0.5"
CONTEXT_0_1: Final = "https://specs.apollo.dev/context/v0.1"

LINK_DEFINITIONS: Final = (
    (
        "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) "
        "repeatable on SCHEMA"
    ),
    "scalar link__Import",
    """enum link__Purpose {
  \"\"\"
  `SECURITY` features provide metadata necessary to securely resolve fields.
  \"\"\"
  SECURITY

  \"\"\"
  `EXECUTION` features provide metadata necessary for operation execution.
  \"\"\"
  EXECUTION
}""",
)

_JOIN_FIELD_0_3 = (
    "directive @join__field(graph: join__Graph, requires: join__FieldSet, "
    "provides: join__FieldSet, "
    "type: String, external: Boolean, override: String, usedOverridden: Boolean{extra}) "
    "repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION"
)

_JOIN_COMMON = (
    "directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE",
    "directive @join__graph(name: String!, url: String!) on ENUM_VALUE",
    (
        "directive @join__implements(graph: join__Graph!, interface: String!) "
        "repeatable on OBJECT | INTERFACE"
    ),
    (
        "directive @join__type(graph: join__Graph!, key: join__FieldSet, "
        "extension: Boolean! = false, resolvable: Boolean! = true, "
        "isInterfaceObject: Boolean! = false) "
        "repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR"
    ),
    "directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION",
    "scalar join__FieldSet",
)

JOIN_DEFINITIONS: Final = {
    JOIN_0_3: (_JOIN_FIELD_0_3.format(extra=""), *_JOIN_COMMON),
    JOIN_0_5: (
        _JOIN_FIELD_0_3.format(
            extra=", overrideLabel: String, contextArguments: [join__ContextArgument!]"
        ),
        (
            "directive @join__directive(graphs: [join__Graph!], name: String!, "
            "args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE "
            "| FIELD_DEFINITION"
        ),
        *_JOIN_COMMON,
        """input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}""",
        "scalar join__DirectiveArguments",
        "scalar join__FieldValue",
    ),
}


class Feature(NamedTuple):
    """A specification that a supergraph links when one of its directives is used."""

    url: str
    purpose: str | None
    imports: tuple[str, ...]
    definitions: tuple[str, ...]


_TAG_LOCATIONS = (
    "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM "
    "| ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_AUTH_LOCATIONS = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
_SPECS = "https://specs.apollo.dev"

_COST_FEATURE = Feature(
    f"{_SPECS}/cost/v0.1",
    None,
    ("@cost", "@listSize"),
    (
        (
            "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION "
            "| INPUT_FIELD_DEFINITION | OBJECT | SCALAR"
        ),
        (
            "directive @listSize(assumedSize: Int, slicingArguments: [String!], "
            "sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION"
        ),
    ),
)

FEATURES: Final[dict[str, Feature]] = {
    TAG: Feature(
        f"{_SPECS}/tag/v0.3",
        None,
        (),
        (f"directive @tag(name: String!) repeatable on {_TAG_LOCATIONS} | SCHEMA",),
    ),
    INACCESSIBLE: Feature(
        f"{_SPECS}/inaccessible/v0.2",
        "SECURITY",
        (),
        (f"directive @inaccessible on {_TAG_LOCATIONS}",),
    ),
    AUTHENTICATED: Feature(
        f"{_SPECS}/authenticated/v0.1",
        "SECURITY",
        (),
        (f"directive @authenticated on {_AUTH_LOCATIONS}",),
    ),
    REQUIRES_SCOPES: Feature(
        f"{_SPECS}/requiresScopes/v0.1",
        "SECURITY",
        (),
        (
            f"directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on {_AUTH_LOCATIONS}",
            "scalar requiresScopes__Scope",
        ),
    ),
    POLICY: Feature(
        f"{_SPECS}/policy/v0.1",
        "SECURITY",
        (),
        (
            f"directive @policy(policies: [[policy__Policy!]!]!) on {_AUTH_LOCATIONS}",
            "scalar policy__Policy",
        ),
    ),
    COST: _COST_FEATURE,
    LIST_SIZE: _COST_FEATURE,
    CONTEXT: Feature(
        CONTEXT_0_1,
        "SECURITY",
        (),
        (
            "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION",
            (
                "directive @context__fromContext(field: context__ContextFieldValue) "
                "on ARGUMENT_DEFINITION"
            ),
            "scalar context__ContextFieldValue",
        ),
    ),
    CACHE_TAG: Feature(
        f"{_SPECS}/cacheTag/v0.1",
        None,
        (),
        ("directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT",),
    ),
}
