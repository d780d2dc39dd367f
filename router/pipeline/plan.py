"""Plan: which fetches answer the operation, for a viewer to whom some fields may be denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.execution import PreparedOperation, prepare
from router.policies.authorization import deny

if TYPE_CHECKING:
    from router.pipeline.engine import Engine
    from router.pipeline.operation import Operation
    from router.policies.identity import TokenProblem

_MAX_VARIANTS = 64


def plan(
    operation: Operation, refused: int, problem: TokenProblem | None, engine: Engine
) -> PreparedOperation:
    """The operation ready for execution; made at the first request that needs it.

    Args:
        operation: A valid operation.
        refused: The guards that refuse this viewer, as bits.
        problem: Why there is no viewer; told by the errors at denied fields.
        engine: Of the supergraph that the operation was validated against.
    """
    key = (refused, problem if refused else None)
    known = operation.prepared.get(key)
    if known is not None:
        return known
    supergraph, name = engine.supergraph, operation.name or None
    if refused:
        denial = deny(operation.document, operation.guards, refused, problem, supergraph)
        query_plan = engine.planner.plan(denial.document, name)
        prepared = prepare(supergraph, operation.document, name, query_plan, denied=denial.fields)
    else:
        query_plan = engine.planner.plan(operation.document, name)
        prepared = prepare(supergraph, operation.document, name, query_plan)
    if len(operation.prepared) < _MAX_VARIANTS:
        operation.prepared[key] = prepared
    return prepared
