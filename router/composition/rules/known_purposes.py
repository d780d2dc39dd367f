"""A specification linked `for: SECURITY` or `for: EXECUTION` is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.federation.specification import SPECIFICATIONS

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext


def known_purposes(context: RuleContext) -> None:
    for link in context.schema.links.by_identity.values():
        if link.purpose and not link.identity.startswith(f"{SPECIFICATIONS}/"):
            message = f'"{link.url}" is linked for {link.purpose}, but nothing here understands it'
            context.error(ErrorCode.UNSUPPORTED_LINKED_FEATURE, message, link.offset)
