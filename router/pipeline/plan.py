"""Plan: which fetches answer the operation, for one kind of request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.execution import PreparedOperation, prepare
from router.policies.authorization import deny

if TYPE_CHECKING:
    from router.pipeline.engine import Engine
    from router.pipeline.operation import Operation, PlanKey


def plan(operation: Operation, key: PlanKey, engine: Engine) -> PreparedOperation:
    """The operation ready for execution."""
    supergraph, node = engine.supergraph, operation.node
    name = node.name.value if node.name is not None else None
    document, denied = operation.document, None
    if key.refused:
        denial = deny(document, operation.guards, key.refused, key.problem, supergraph)
        document, denied = denial.document, denial.fields
    query_plan = engine.planner.plan(document, name, override_labels=key.override_labels)
    return prepare(
        supergraph, operation.document, name, query_plan, denied=denied, variants=engine.variants
    )
