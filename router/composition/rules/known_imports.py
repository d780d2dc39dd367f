"""What is imported from federation or link exists in the linked version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def known_imports(context: RuleContext) -> None:
    for unknown in context.schema.unknown_imports:
        message = f'Cannot import unknown element "{unknown.name}" from "{unknown.link.url}"'
        context.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, unknown.link.offset)
