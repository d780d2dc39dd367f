"""Makes a subgraph's schema complete and canonical.

Definitions of federation's and link's own elements are checked against the specification and taken
out; uses of federation's directives get their canonical names, root types theirs.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.read_links import federation_version
from router.composition.subgraph.redefinition import difference, type_difference
from router.federation.specification import (
    ENTITY_FIELDS,
    ENTITY_TYPES,
    FEDERATION,
    FIELD_SET_DIRECTIVES,
    LINK,
    LINK_DIRECTIVE,
    PREFIX,
    RESERVED_PREFIXES,
    STANDARD_SCALARS,
    link_vocabulary,
    standard_directives,
    vocabulary,
)
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from router.composition.report import SubgraphReport
    from router.federation.document import Directive, DirectiveDefinition, Document, TypeDefinition
    from router.federation.links import Link, Links

_EFFECTIVE_AFTER_UPGRADE = frozenset(
    {"shareable", "inaccessible", "override", "composeDirective", "interfaceObject"}
)
_UPGRADED_VERSION = (2, 4)

_BRACES = re.compile(r"\s*\{.*\}\s*\Z", re.DOTALL)

_LENIENT_IN_FEDERATION_1 = frozenset({"key", "requires", "provides"})
"""Federation 1 never looked at how these were defined, and many servers print them wrongly."""


def directive_names(links: Links, own: Collection[str] = ()) -> dict[str, str]:
    """What this subgraph calls the directives of federation and link, to their canonical names.

    `own` are the directives it defines itself: a federation 1 subgraph that defines `@override` or
    `@inaccessible` means federation's, and the upgrade brings them to effect.
    """
    version = federation_version(links)
    link = links.by_identity.get(FEDERATION)
    known = vocabulary(version).directives
    names = {link.directive(name) if link else name: PREFIX + name for name in known}
    if link is not None:
        # The prefixed name stays good beside an imported one.
        names.update({f"{link.prefix}__{name}": PREFIX + name for name in known})
    else:
        names.update({name: PREFIX + name for name in own if name in _EFFECTIVE_AFTER_UPGRADE})
    names[_link_name(links.by_identity.get(LINK), "link")] = LINK_DIRECTIVE
    return names


def take_out_definitions(
    types: dict[str, TypeDefinition],
    directives: dict[str, DirectiveDefinition],
    links: Links,
    report: SubgraphReport,
) -> dict[str, DirectiveDefinition]:
    """Check and remove definitions that belong to federation, link or GraphQL itself.

    Returns:
        The directives of federation and link as this subgraph may use them, by canonical name: a
        redefinition may allow fewer locations than the specification.
    """
    link = links.by_identity.get(FEDERATION)
    known = vocabulary(federation_version(links) if link else _UPGRADED_VERSION)
    rename_type = link.type if link else _federation_1_type
    allowed = {PREFIX + name: definition for name, definition in known.directives.items()}
    allowed[LINK_DIRECTIVE] = link_vocabulary().directives["link"]
    for name, canonical in directive_names(links, directives).items():
        definition = directives.pop(name, None)
        if definition is None:
            continue
        if _names_unknown_type(definition, types, report):
            continue
        plain = canonical.removeprefix(PREFIX)
        if link is None and plain in _LENIENT_IN_FEDERATION_1:
            continue
        rename = _link_type(links) if canonical == LINK_DIRECTIVE else rename_type
        problem = difference(definition, allowed[canonical], rename, types)
        if problem:
            report.error(
                ErrorCode.DIRECTIVE_DEFINITION_INVALID,
                f'Invalid definition of directive "@{name}": {problem}',
                definition.offset,
            )
        else:
            allowed[canonical] = replace(
                allowed[canonical],
                locations=definition.locations,
                is_repeatable=definition.is_repeatable,
            )
    for name, expected_type in _specification_types(links).items():
        own = types.pop(name, None)
        type_problem = own and type_difference(own, expected_type)
        if own and type_problem:
            report.error(
                ErrorCode.TYPE_DEFINITION_INVALID,
                f'Invalid definition of type "{name}": {type_problem}',
                own.offset,
            )
    for name in (*STANDARD_SCALARS, *ENTITY_TYPES, *filter(_is_reserved, list(types))):
        types.pop(name, None)
    for name in (*standard_directives(), *filter(_is_reserved, list(directives))):
        directives.pop(name, None)
    return allowed


def _is_reserved(name: str) -> bool:
    """Whether it can only belong to a supergraph's machinery, of whatever version."""
    prefix, separator, _ = name.partition("__")
    return bool(separator) and prefix in RESERVED_PREFIXES


def _specification_types(links: Links) -> dict[str, TypeDefinition]:
    """The types of federation and link under the names this subgraph has for them."""
    link = links.by_identity.get(FEDERATION)
    rename = link.type if link else _federation_1_type
    types = {
        rename(name): definition
        for name, definition in vocabulary(federation_version(links)).types.items()
    }
    rename_link_type = _link_type(links)
    for name, definition in link_vocabulary().types.items():
        types[rename_link_type(name)] = definition
    return types


def _names_unknown_type(
    definition: DirectiveDefinition,
    types: dict[str, TypeDefinition],
    report: SubgraphReport,
) -> bool:
    unknown = [
        argument
        for argument in definition.arguments.values()
        if (name := named_type(argument.type)) not in types and name not in STANDARD_SCALARS
    ]
    for argument in unknown:
        message = (
            f"@{definition.name}({argument.name}:) refers to the unknown type "
            f'"{named_type(argument.type)}"'
        )
        report.error(ErrorCode.INVALID_GRAPHQL, message, argument.offset)
    return bool(unknown)


def _federation_1_type(name: str) -> str:
    return f"_{name}"


def _link_name(link: Link | None, name: str) -> str:
    return link.directive(name) if link else name


def _link_type(links: Links) -> Callable[[str], str]:
    link = links.by_identity.get(LINK)
    prefix = link.prefix if link else "link"

    def rename(name: str) -> str:
        plain = name.removeprefix("link__")
        return link.type(plain) if link else f"{prefix}__{plain}"

    return rename


def rename_directives(document: Document, names: dict[str, str]) -> None:
    """Give every use of federation's directives its canonical name."""
    for use in _uses(document):
        use.name = names.get(use.name, use.name)


def unwrap_field_sets(document: Document) -> None:
    """Write `fields: "{ id }"` as `fields: "id"`: not every router reads the braces."""
    for use in _uses(document):
        text = use.arguments.get("fields") if use.name in FIELD_SET_DIRECTIVES else None
        if isinstance(text, str) and _BRACES.match(text):
            use.arguments["fields"] = text.strip()[1:-1].strip()


def _uses(document: Document) -> Iterator[Directive]:
    for schema in document.schemas:
        yield from schema.directives
    for definition in document.types:
        for element in definition.elements():
            yield from element.directives
    for directive in document.directives:
        for argument in directive.arguments.values():
            yield from argument.directives


def drop_entity_fields(types: dict[str, TypeDefinition]) -> None:
    """Remove `_entities` and `_service`: every subgraph has them, no supergraph shows them."""
    query = types.get("Query")
    if query:
        for name in ENTITY_FIELDS:
            query.fields.pop(name, None)
