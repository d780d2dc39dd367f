"""Reads the `@link`s of a subgraph and decides which federation it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from router.composition.codes import ErrorCode, HintCode
from router.composition.report import Place, Report
from router.federation.links import Link, LinkError, Links, parse_link
from router.federation.specification import (
    FEDERATION,
    KNOWN_VERSIONS,
    LINK,
    NEWEST_MINOR,
    link_vocabulary,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.federation.document import Directive, Document

FEDERATION_1 = (1, 0)

_LINK_ARGUMENTS = frozenset(link_vocabulary().directives["link"].arguments)


def read_links(document: Document, subgraph: str, report: Report) -> Links:
    """All links of a subgraph; faulty ones are reported and left out."""
    uses = [use for schema in document.schemas for use in schema.directives]
    links = Links()
    name = _link_directive(uses)
    for use in uses:
        if use.name != name:
            continue
        place = [Place(subgraph, use.offset)]
        for argument in use.arguments:
            if argument not in _LINK_ARGUMENTS:
                message = f'Unknown argument "{argument}" of directive "@{name}"'
                report.error(ErrorCode.INVALID_GRAPHQL, message, place)
        try:
            link = parse_link(use.arguments, use.offset)
        except LinkError as error:
            code = (
                ErrorCode.INVALID_LINK_IDENTIFIER
                if error.is_bad_url
                else ErrorCode.INVALID_LINK_DIRECTIVE_USAGE
            )
            report.error(code, error.message, place)
            continue
        if link.identity in links.by_identity:
            message = f'"{link.identity}" is linked twice'
            report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, place)
        links.by_identity.setdefault(link.identity, link)
        _check_version(link, place, report)
    _check_names(links, subgraph, report)
    return links


def federation_version(links: Links) -> tuple[int, int]:
    """The linked version, lowered to the newest known one; (1, 0) without a link."""
    link = links.by_identity.get(FEDERATION)
    return min(link.version, (2, NEWEST_MINOR)) if link else FEDERATION_1


def _link_directive(uses: list[Directive]) -> str:
    """@link may itself be renamed, by linking its own specification `as` another name."""
    for use in uses:
        url = use.arguments.get("url")
        if isinstance(url, str) and url.startswith(f"{LINK}/"):
            return use.name
    return "link"


def _check_version(link: Link, place: list[Place], report: Report) -> None:
    if link.identity == FEDERATION and link.version[0] != 2:
        message = f'Unknown version of federation in "{link.url}"; 2.0 to 2.{NEWEST_MINOR} exist'
        report.error(ErrorCode.UNKNOWN_FEDERATION_LINK_VERSION, message, place)
    elif link.identity == FEDERATION and link.version[1] > NEWEST_MINOR:
        message = f'"{link.url}" is read as federation 2.{NEWEST_MINOR}, the newest known here'
        report.hint(HintCode.NEWER_FEDERATION_VERSION, message, place)
    elif link.version not in KNOWN_VERSIONS.get(link.identity, (link.version,)):
        known = ", ".join(f"{major}.{minor}" for major, minor in KNOWN_VERSIONS[link.identity])
        message = f'Unknown version of {link.name} in "{link.url}"; known: {known}'
        report.error(ErrorCode.UNKNOWN_LINK_VERSION, message, place)


class UnknownImport(NamedTuple):
    """An element that a specification does not define in the linked version."""

    link: Link
    name: str
    alias: str


def unknown_imports(links: Links) -> Iterator[UnknownImport]:
    for link in links.by_identity.values():
        if link.identity == FEDERATION:
            known = vocabulary(federation_version(links))
        elif link.identity == LINK:
            known = link_vocabulary()
        else:
            continue
        for element in link.imports:
            plain = element.name.removeprefix("@")
            if plain not in (known.directives if element.is_directive else known.types):
                yield UnknownImport(link, element.name, element.alias)


def _check_names(links: Links, subgraph: str, report: Report) -> None:
    prefixes: dict[str, Link] = {}
    aliases: dict[str, str] = {}
    for link in links.by_identity.values():
        place = [Place(subgraph, link.offset)]
        if link.prefix in prefixes:
            message = (
                f'"{link.url}" and "{prefixes[link.prefix].url}" are both called {link.prefix}'
            )
            report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, place)
        prefixes.setdefault(link.prefix, link)
        for element in link.imports:
            if element.alias in aliases and aliases[element.alias] != element.name + link.identity:
                message = f'"{element.alias}" is imported twice'
                report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, place)
            aliases[element.alias] = element.name + link.identity
