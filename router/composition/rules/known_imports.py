"""Links can be honoured: what they import exists, what they demand is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.specification import SPECIFICATIONS

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def known_imports(context: RuleContext) -> None:
    for unknown in context.schema.unknown_imports:
        message = f'Cannot import unknown element "{unknown.name}" from "{unknown.link.url}"'
        context.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, unknown.link.offset)


def known_purposes(context: RuleContext) -> None:
    """A specification linked `for: SECURITY` or `for: EXECUTION` must not be ignored."""
    for link in context.schema.links.by_identity.values():
        if link.purpose and not link.identity.startswith(f"{SPECIFICATIONS}/"):
            message = f'"{link.url}" is linked for {link.purpose}, but nothing here understands it'
            context.error(ErrorCode.UNSUPPORTED_LINKED_FEATURE, message, link.offset)
