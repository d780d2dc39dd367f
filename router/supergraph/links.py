"""Which specifications a supergraph links, and under which names their directives stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.federation.document import Directive

_FEATURE_URL = re.compile(r"/([A-Za-z_][\w-]*)/v(\d+)\.(\d+)/?$")
_ALWAYS = ("core", "federation", "join", "link")


@dataclass(frozen=True, slots=True)
class LinkedFeatures:
    """The features of a supergraph.

    Attributes:
        prefixes: Names that stand before "__" in names of features.
        versions: Feature to (major, minor).
        imports: (feature, imported name) to the name used in this document.
        aliases: Feature to the name it is linked under.
    """

    prefixes: frozenset[str]
    versions: dict[str, tuple[int, int]]
    imports: dict[tuple[str, str], str]
    aliases: dict[str, str]

    def directive(self, feature: str, name: str) -> str:
        """The name of a feature's directive in this document, without "@"."""
        imported = self.imports.get((feature, name))
        if imported is not None:
            return imported
        prefix = self.aliases.get(feature, feature)
        return prefix if name == feature else f"{prefix}__{name}"

    def is_feature_name(self, name: str) -> bool:
        """Whether a type or directive belongs to a feature and not to the API."""
        prefix, separator, _ = name.partition("__")
        return (
            (bool(separator) and prefix in self.prefixes)
            or name in self.prefixes
            or name in self.imports.values()
        )


def read_links(directives: Iterable[Directive]) -> LinkedFeatures:
    """Read the `@link` (or older `@core`) uses of the schema definition."""
    aliases: dict[str, str] = {}
    versions: dict[str, tuple[int, int]] = {}
    imports: dict[tuple[str, str], str] = {}
    for directive in directives:
        url = directive.arguments.get("url") or directive.arguments.get("feature")
        match = _FEATURE_URL.search(url) if isinstance(url, str) else None
        if match is None:
            continue
        feature = match[1]
        alias = directive.arguments.get("as")
        aliases[feature] = alias if isinstance(alias, str) else feature
        versions[feature] = (int(match[2]), int(match[3]))
        for item in directive.arguments.get("import") or ():
            name, local = (item["name"], item.get("as")) if isinstance(item, dict) else (item, None)
            imports[feature, name.lstrip("@")] = (local or name).lstrip("@")
    prefixes = frozenset((*_ALWAYS, *aliases.values()))
    return LinkedFeatures(prefixes, versions, imports, aliases)
