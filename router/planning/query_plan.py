"""A query plan, as planning makes it and execution runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from router.planning.plan_json import plan_json
from router.planning.plan_nodes import (
    LIST,
    Condition,
    ContextSource,
    ContextVariable,
    EntityCall,
    Fetch,
    OperationKind,
    PathSegment,
    Rename,
    Representation,
    RequiredField,
    RequiredFragment,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)

__all__ = [
    "LIST",
    "Condition",
    "ContextSource",
    "ContextVariable",
    "EntityCall",
    "Fetch",
    "OperationKind",
    "PathSegment",
    "QueryPlan",
    "Rename",
    "Representation",
    "RequiredField",
    "RequiredFragment",
    "RequiredSelection",
    "ResponsePath",
    "TypeCondition",
]


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """Fetches in an order in which each comes after those it depends on.

    Empty for an operation of introspection and `__typename` only.
    """

    operation_kind: OperationKind
    operation_name: str | None
    fetches: tuple[Fetch, ...]

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON in Apollo's shape."""
        return plan_json(self.fetches, self.operation_kind)
