"""Which specifications a supergraph links, and under which names their elements stand in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.federation.links import Link, LinkError, parse_link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.federation.document import Directive

_ALWAYS = ("core", "federation", "join", "link")


@dataclass(frozen=True, slots=True)
class LinkedFeatures:
    """The features of a supergraph.

    Attributes:
        by_name: Links by name of the specification.
        prefixes: What stands before "__" in names of features.
        imported: Names of theirs without prefix, directives with their "@".
    """

    by_name: dict[str, Link]
    prefixes: frozenset[str]
    imported: frozenset[str]

    def directive(self, feature: str, name: str) -> str:
        """The name of a feature's directive in this document, without "@"."""
        link = self.by_name.get(feature)
        if link is not None:
            return link.directive(name)
        return name if name == feature else f"{feature}__{name}"

    def type(self, feature: str, name: str) -> str:
        """The name of a feature's type in this document."""
        link = self.by_name.get(feature)
        return f"{feature}__{name}" if link is None else link.type(name)

    def is_feature_type(self, name: str) -> bool:
        """Whether a type belongs to a feature and not to the API, which may have a type `tag`."""
        return self._is_prefixed(name) or name in self.imported

    def is_feature_directive(self, name: str) -> bool:
        """Whether a directive, named without "@", belongs to a feature and not to the API."""
        return self._is_prefixed(name) or name in self.prefixes or f"@{name}" in self.imported

    def _is_prefixed(self, name: str) -> bool:
        prefix, separator, _ = name.partition("__")
        return bool(separator) and prefix in self.prefixes


def read_links(directives: Iterable[Directive]) -> LinkedFeatures:
    """Read the `@link` (or older `@core`) uses of the schema definition.

    Those that name no version of a specification are of no use here and left out.
    """
    links: dict[str, Link] = {}
    for directive in directives:
        arguments = directive.arguments
        try:
            link = parse_link({"url": arguments.get("feature"), **arguments}, directive.offset)
        except LinkError:
            continue
        links[link.name] = link
    return LinkedFeatures(
        links,
        prefixes=frozenset({*_ALWAYS, *(link.prefix for link in links.values())}),
        imported=frozenset(item.alias for link in links.values() for item in link.imports),
    )
