"""Executing query plans: fetches into one response tree, and the tree into the client's answer."""

from __future__ import annotations

from router.execution.context import DeniedField, ExecutionContext, ExecutionResult
from router.execution.execute import PreparedOperation, Variants, prepare
from router.execution.ports import (
    Headers,
    SubgraphClient,
    SubgraphRequest,
    SubgraphResponse,
)
from router.execution.variant import Variant

__all__ = [
    "DeniedField",
    "ExecutionContext",
    "ExecutionResult",
    "Headers",
    "PreparedOperation",
    "SubgraphClient",
    "SubgraphRequest",
    "SubgraphResponse",
    "Variant",
    "Variants",
    "prepare",
]
