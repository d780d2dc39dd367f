"""Plan: which fetches answer the operation, for one kind of request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.execution import PreparedOperation, prepare
from router.policies.authorization import deny

if TYPE_CHECKING:
    from router.pipeline.engine import Engine
    from router.pipeline.operation import Operation, Variant


def plan(operation: Operation, variant: Variant, engine: Engine) -> PreparedOperation:
    """The operation ready for execution."""
    supergraph, name = engine.supergraph, operation.name or None
    labels = variant.override_labels
    if not variant.refused:
        query_plan = engine.planner.plan(operation.document, name, override_labels=labels)
        return prepare(supergraph, operation.document, name, query_plan)
    denial = deny(
        operation.document, operation.guards, variant.refused, variant.problem, supergraph
    )
    query_plan = engine.planner.plan(denial.document, name, override_labels=labels)
    return prepare(supergraph, operation.document, name, query_plan, denied=denial.fields)
