"""Reads the `@link`s of a subgraph and decides which federation it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.federation.links import Link, LinkError, Links, parse_link
from router.federation.specification import (
    FEDERATION,
    KNOWN_VERSIONS,
    LINK,
    NEWEST_MINOR,
    link_vocabulary,
)

if TYPE_CHECKING:
    from router.composition.report import SubgraphReport
    from router.federation.document import Directive, Document

FEDERATION_1 = (1, 0)

_LINK_ARGUMENTS = frozenset(link_vocabulary().directives["link"].arguments)


def read_links(document: Document, report: SubgraphReport) -> Links:
    """All links of a subgraph; faulty ones are reported and left out."""
    uses = [use for schema in document.schemas for use in schema.directives]
    links = Links()
    name = _link_directive(uses)
    for use in uses:
        if use.name != name:
            continue
        for argument in use.arguments:
            if argument not in _LINK_ARGUMENTS:
                message = f'Unknown argument "{argument}" of directive "@{name}"'
                report.error(ErrorCode.INVALID_GRAPHQL, message, use.offset)
        try:
            link = parse_link(use.arguments, use.offset)
        except LinkError as error:
            code = (
                ErrorCode.INVALID_LINK_IDENTIFIER
                if error.is_bad_url
                else ErrorCode.INVALID_LINK_DIRECTIVE_USAGE
            )
            report.error(code, error.message, use.offset)
            continue
        if link.identity in links.by_identity:
            message = f'"{link.identity}" is linked twice'
            report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, use.offset)
        links.by_identity.setdefault(link.identity, link)
        _check_version(link, report)
    _check_names(links, report)
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


def _check_version(link: Link, report: SubgraphReport) -> None:
    if link.identity == FEDERATION and link.version[0] != 2:
        message = f'Unknown version of federation in "{link.url}"; 2.0 to 2.{NEWEST_MINOR} exist'
        report.error(ErrorCode.UNKNOWN_FEDERATION_LINK_VERSION, message, link.offset)
    elif link.identity == FEDERATION and link.version[1] > NEWEST_MINOR:
        message = f'"{link.url}" is read as federation 2.{NEWEST_MINOR}, the newest known here'
        report.hint(HintCode.NEWER_FEDERATION_VERSION, message, link.offset)
    elif link.version not in KNOWN_VERSIONS.get(link.identity, (link.version,)):
        known = ", ".join(f"{major}.{minor}" for major, minor in KNOWN_VERSIONS[link.identity])
        message = f'Unknown version of {link.name} in "{link.url}"; known: {known}'
        report.error(ErrorCode.UNKNOWN_LINK_VERSION, message, link.offset)


def _check_names(links: Links, report: SubgraphReport) -> None:
    prefixes: dict[str, Link] = {}
    aliases: dict[str, str] = {}
    for link in links.by_identity.values():
        if link.prefix in prefixes:
            message = (
                f'"{link.url}" and "{prefixes[link.prefix].url}" are both called {link.prefix}'
            )
            report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, link.offset)
        prefixes.setdefault(link.prefix, link)
        for element in link.imports:
            if element.alias in aliases and aliases[element.alias] != element.name + link.identity:
                message = f'"{element.alias}" is imported twice'
                report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, link.offset)
            aliases[element.alias] = element.name + link.identity
