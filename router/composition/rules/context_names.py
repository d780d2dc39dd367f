"""@context names are a letter followed by letters and digits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import uses_of
from router.federation.specification import CONTEXT

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


def context_names(context: RuleContext) -> None:
    for definition in context.schema.types.values():
        for use in uses_of(definition, CONTEXT):
            name = str(use.arguments.get("name"))
            if not _NAME.match(name):
                message = f'Context name "{name}" must be a letter followed by letters and digits'
                context.error(ErrorCode.CONTEXT_NAME_INVALID, message, use)
