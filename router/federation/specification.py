"""The federation specification by version: which directives and types it defines, and how.

Inside the composer the directives of federation carry the names below, whatever a subgraph calls
them (`@pk`, `@federation__key`), so that a rule compares with one constant and never meets a
directive that only looks like federation's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from router.federation.sdl_reader import read_sdl

if TYPE_CHECKING:
    from router.federation.document import DirectiveDefinition, TypeDefinition

SPECIFICATIONS: Final = "https://specs.apollo.dev"
FEDERATION: Final = f"{SPECIFICATIONS}/federation"
LINK: Final = f"{SPECIFICATIONS}/link"
NEWEST_MINOR: Final = 14
"""Highest known minor version of federation 2; a higher one is accepted with a hint."""

KNOWN_VERSIONS: Final = {
    LINK: ((1, 0),),
    f"{SPECIFICATIONS}/core": ((0, 1), (0, 2)),
    f"{SPECIFICATIONS}/join": ((0, 1), (0, 2), (0, 3), (0, 4), (0, 5)),
    f"{SPECIFICATIONS}/tag": ((0, 1), (0, 2), (0, 3)),
    f"{SPECIFICATIONS}/inaccessible": ((0, 1), (0, 2)),
}
"""Of specifications that a subgraph may link beside federation, by identity."""

PREFIX: Final = "federation:"
"""No directive can be called so, which keeps canonical names apart from a schema's own."""

KEY: Final = PREFIX + "key"
REQUIRES: Final = PREFIX + "requires"
PROVIDES: Final = PREFIX + "provides"
EXTERNAL: Final = PREFIX + "external"
EXTENDS: Final = PREFIX + "extends"
SHAREABLE: Final = PREFIX + "shareable"
INACCESSIBLE: Final = PREFIX + "inaccessible"
OVERRIDE: Final = PREFIX + "override"
TAG: Final = PREFIX + "tag"
COMPOSE_DIRECTIVE: Final = PREFIX + "composeDirective"
INTERFACE_OBJECT: Final = PREFIX + "interfaceObject"
AUTHENTICATED: Final = PREFIX + "authenticated"
REQUIRES_SCOPES: Final = PREFIX + "requiresScopes"
POLICY: Final = PREFIX + "policy"
CONTEXT: Final = PREFIX + "context"
FROM_CONTEXT: Final = PREFIX + "fromContext"
COST: Final = PREFIX + "cost"
LIST_SIZE: Final = PREFIX + "listSize"
CACHE_TAG: Final = PREFIX + "cacheTag"
LINK_DIRECTIVE: Final = PREFIX + "link"

FIELD_SET_DIRECTIVES: Final = frozenset({KEY, REQUIRES, PROVIDES})
AUTH_DIRECTIVES: Final = (AUTHENTICATED, REQUIRES_SCOPES, POLICY)
ENTITY_TYPES: Final = frozenset({"_Any", "_Entity", "_Service"})
ENTITY_FIELDS: Final = frozenset({"_entities", "_service"})
RESERVED_PREFIXES: Final = frozenset({"core", "federation", "join", "link"})
"""What stands before "__" in names that a supergraph's own machinery has."""

ROOTS: Final = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def shown(name: str) -> str:
    """A directive's name for messages: "@key" of "federation:key"."""
    return f"@{name.removeprefix(PREFIX)}"


class _Element(NamedTuple):
    since: tuple[int, int]
    until: tuple[int, int]
    sdl: str


_FOREVER = (3, 0)
_TAG_LOCATIONS = (
    "FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM "
    "| ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
)
_AUTH_LOCATIONS = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

_ELEMENTS = (
    _Element((1, 0), _FOREVER, "scalar FieldSet"),
    _Element(
        (1, 0),
        _FOREVER,
        "directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable "
        "on OBJECT | INTERFACE",
    ),
    _Element((1, 0), _FOREVER, "directive @requires(fields: FieldSet!) on FIELD_DEFINITION"),
    _Element((1, 0), _FOREVER, "directive @provides(fields: FieldSet!) on FIELD_DEFINITION"),
    _Element((1, 0), _FOREVER, "directive @external(reason: String) on OBJECT | FIELD_DEFINITION"),
    _Element((1, 0), _FOREVER, "directive @extends on OBJECT | INTERFACE"),
    _Element((1, 0), (2, 3), f"directive @tag(name: String!) repeatable on {_TAG_LOCATIONS}"),
    _Element(
        (2, 3), _FOREVER, f"directive @tag(name: String!) repeatable on {_TAG_LOCATIONS} | SCHEMA"
    ),
    _Element((2, 0), (2, 2), "directive @shareable on OBJECT | FIELD_DEFINITION"),
    _Element((2, 2), _FOREVER, "directive @shareable repeatable on OBJECT | FIELD_DEFINITION"),
    _Element((2, 0), _FOREVER, f"directive @inaccessible on {_TAG_LOCATIONS}"),
    _Element((2, 0), (2, 7), "directive @override(from: String!) on FIELD_DEFINITION"),
    _Element(
        (2, 7), _FOREVER, "directive @override(from: String!, label: String) on FIELD_DEFINITION"
    ),
    _Element((2, 1), _FOREVER, "directive @composeDirective(name: String) repeatable on SCHEMA"),
    _Element((2, 3), _FOREVER, "directive @interfaceObject on OBJECT"),
    _Element((2, 5), _FOREVER, f"directive @authenticated on {_AUTH_LOCATIONS}"),
    _Element((2, 5), _FOREVER, "scalar Scope"),
    _Element(
        (2, 5),
        _FOREVER,
        f"directive @requiresScopes(scopes: [[Scope!]!]!) on {_AUTH_LOCATIONS}",
    ),
    _Element((2, 6), _FOREVER, "scalar Policy"),
    _Element((2, 6), _FOREVER, f"directive @policy(policies: [[Policy!]!]!) on {_AUTH_LOCATIONS}"),
    _Element((2, 8), _FOREVER, "scalar ContextFieldValue"),
    _Element(
        (2, 8),
        _FOREVER,
        "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION",
    ),
    _Element(
        (2, 8),
        _FOREVER,
        "directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION",
    ),
    _Element(
        (2, 9),
        _FOREVER,
        "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION "
        "| INPUT_FIELD_DEFINITION | OBJECT | SCALAR",
    ),
    _Element(
        (2, 9),
        _FOREVER,
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], "
        "sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    ),
    _Element(
        (2, 12),
        _FOREVER,
        "directive @cacheTag(format: String!) repeatable on FIELD_DEFINITION | OBJECT",
    ),
)


class Vocabulary(NamedTuple):
    """What one version of federation defines, by plain name ("key", "FieldSet")."""

    directives: dict[str, DirectiveDefinition]
    types: dict[str, TypeDefinition]


@lru_cache(maxsize=32)
def vocabulary(version: tuple[int, int]) -> Vocabulary:
    """The directives and types of a version; shared, so not to be changed.

    Args:
        version: (major, minor); (1, 0) for a subgraph without `@link`.
    """
    document = read_sdl(
        "\n".join(element.sdl for element in _ELEMENTS if element.since <= version < element.until)
    )
    return Vocabulary(
        {definition.name: definition for definition in document.directives},
        {definition.name: definition for definition in document.types},
    )


def since(name: str) -> str | None:
    """The first version of federation 2 with that directive or type, "2.3"; None: no version."""
    for minor in range(NEWEST_MINOR + 1):
        known = vocabulary((2, minor))
        if name in known.directives or name in known.types:
            return f"2.{minor}"
    return None


@lru_cache(maxsize=1)
def link_vocabulary() -> Vocabulary:
    """The link specification v1.0."""
    document = read_sdl(
        "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) "
        "repeatable on SCHEMA "
        "scalar link__Import "
        "enum link__Purpose { SECURITY EXECUTION }"
    )
    return Vocabulary(
        {definition.name: definition for definition in document.directives},
        {definition.name: definition for definition in document.types},
    )


@lru_cache(maxsize=1)
def standard_directives() -> dict[str, DirectiveDefinition]:
    """What GraphQL itself defines."""
    document = read_sdl(
        'directive @deprecated(reason: String! = "No longer supported") on FIELD_DEFINITION '
        "| ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE "
        "directive @specifiedBy(url: String!) on SCALAR "
        "directive @oneOf on INPUT_OBJECT "
        "directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT "
        "directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT"
    )
    return {definition.name: definition for definition in document.directives}


STANDARD_SCALARS: Final = frozenset({"Int", "Float", "String", "Boolean", "ID"})
EXECUTABLE_LOCATIONS: Final = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)
