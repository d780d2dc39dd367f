"""Which imports name elements that federation or link do not define in the linked version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.subgraph.read_links import federation_version
from router.federation.specification import (
    FEDERATION,
    LINK,
    Vocabulary,
    link_vocabulary,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.federation.links import Import, Link, Links


def unknown_imports(links: Links) -> Iterator[tuple[Link, Import]]:
    for link in links.by_identity.values():
        if link.identity == FEDERATION:
            known = importable(vocabulary(federation_version(links)))
        elif link.identity == LINK:
            known = importable(link_vocabulary())
        else:
            continue
        for element in link.imports:
            if element.name not in known:
                yield link, element


def importable(known: Vocabulary) -> set[str]:
    """Names as imports write them: "@key", "FieldSet"."""
    types = {name.removeprefix("link__") for name in known.types}
    return types | {f"@{name}" for name in known.directives}
