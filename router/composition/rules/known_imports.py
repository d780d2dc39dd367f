"""What is imported from federation or link exists in the linked version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.imports import importable, unknown_imports
from router.composition.suggestions import meant
from router.federation.specification import FEDERATION, NEWEST_MINOR, since, vocabulary

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def known_imports(context: RuleContext) -> None:
    for link, element in unknown_imports(context.schema.links):
        why = _why(element.name) if link.identity == FEDERATION else ""
        message = f'"{link.url}" has no {element.name} to import{why}'
        context.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, link.offset)


def _why(name: str) -> str:
    known = importable(vocabulary((2, NEWEST_MINOR)))
    if name in known:
        return f"; federation has it since {since(name.removeprefix('@'))}"
    return f'; is "@{name}" meant?' if f"@{name}" in known else meant(name, known)
