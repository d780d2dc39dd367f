"""@composeDirective: which custom directives go into the supergraph.

They keep the name the subgraphs import them under and the link they come from. One name must mean
one directive of one specification in all subgraphs, and one major version of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.composition.merge.applied_directives import SPECIFIED
from router.composition.merge.merged_schema import ComposedDirective, MergeContext
from router.composition.subgraph.expand import directive_names
from router.federation.specification import COMPOSE_DIRECTIVE, FEDERATION, LINK, standard_directives

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.composition.report import Place
    from router.federation.document import DirectiveDefinition
    from router.federation.links import Link


@dataclass(frozen=True, slots=True)
class _Request:
    """One @composeDirective that makes sense by itself."""

    index: int
    name: str
    link: Link
    original: str
    definition: DirectiveDefinition
    place: Place


def find_composed_directives(context: MergeContext) -> None:
    requests = list(_requests(context))
    bad = set(_names_with_clashing_origins(context, requests))
    bad.update(_identities_with_clashing_versions(context, requests))
    by_name: dict[str, list[_Request]] = {}
    for request in requests:
        if request.name not in bad and request.link.identity not in bad:
            by_name.setdefault(request.name, []).append(request)
    for name, found in by_name.items():
        newest = max(found, key=lambda request: request.link.version)
        context.merged.composed[name] = ComposedDirective(
            name,
            newest.link.url,
            newest.original,
            newest.definition,
            frozenset(request.index for request in found),
        )


def _requests(context: MergeContext) -> Iterator[_Request]:
    for index, schema in enumerate(context.schemas):
        canonical_names = directive_names(schema.links)
        for use in schema.schema_directives:
            if use.name != COMPOSE_DIRECTIVE:
                continue
            place = schema.place(use)
            argument = str(use.arguments.get("name", ""))
            if not argument.startswith("@"):
                _error(context, place, f'"{argument}" must start with @')
                continue
            name = argument[1:]
            if name in canonical_names:
                _composing_federation(context, place, argument, canonical_names[name])
                continue
            definition = schema.directives.get(name) or standard_directives().get(name)
            source = schema.links.source_of_directive(name)
            if definition is None:
                _error(context, place, f"{argument} is not defined in this subgraph")
            elif source is None or source[0].identity in {FEDERATION, LINK}:
                _error(context, place, f"{argument} is not imported by any @link")
            elif name not in standard_directives():
                yield _Request(index, name, source[0], source[1], definition, place)


def _composing_federation(
    context: MergeContext, place: Place, argument: str, canonical: str
) -> None:
    if canonical in SPECIFIED:
        message = f"@composeDirective: {argument} is composed anyway"
        context.report.hint(HintCode.DIRECTIVE_COMPOSITION_INFO, message, [place])
    else:
        _error(context, place, f"{argument} is federation's own and cannot be composed")


def _error(context: MergeContext, place: Place, message: str) -> None:
    context.report.of(place.subgraph).error(
        ErrorCode.DIRECTIVE_COMPOSITION_ERROR, f"@composeDirective: {message}", place.offset
    )


def _names_with_clashing_origins(context: MergeContext, requests: list[_Request]) -> Iterator[str]:
    """Names that mean different directives, and directives that have different names."""
    origins: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for request in requests:
        origin = f"{request.link.identity}/@{request.original}"
        origins.setdefault(request.name, set()).add(origin)
        names.setdefault(origin, set()).add(request.name)
    taken = {
        schema_name
        for schema in context.schemas
        for schema_name, canonical in directive_names(schema.links).items()
        if canonical in SPECIFIED
    }
    for name, found in origins.items():
        places = [request.place for request in requests if request.name == name]
        if len(found) > 1:
            message = f"@{name} stands for different directives: {', '.join(sorted(found))}"
            context.report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, places)
            yield name
        elif name in taken:
            message = f"@{name} is composed, but is a directive of federation in another subgraph"
            context.report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, places)
            yield name
    for origin, aliases in names.items():
        if len(aliases) > 1:
            shown = ", ".join(f"@{alias}" for alias in sorted(aliases))
            message = f"{origin} is composed under different names: {shown}"
            places = [request.place for request in requests if request.name in aliases]
            context.report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, places)
            yield from aliases


def _identities_with_clashing_versions(
    context: MergeContext, requests: list[_Request]
) -> Iterator[str]:
    majors: dict[str, set[int]] = {}
    for request in requests:
        majors.setdefault(request.link.identity, set()).add(request.link.version[0])
    for identity, found in majors.items():
        if len(found) > 1:
            versions = ", ".join(str(major) for major in sorted(found))
            message = f'Directives of "{identity}" are composed from major versions {versions}'
            places = [request.place for request in requests if request.link.identity == identity]
            context.report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, places)
            yield identity
