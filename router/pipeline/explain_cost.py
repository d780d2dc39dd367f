"""Explain the cost: what was estimated, what it came to, for clients that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from graphql import FragmentDefinitionNode

from router.policies.actual_cost import actual_cost
from router.policies.cost import compile_cost

if TYPE_CHECKING:
    from router.execution import ExecutionResult
    from router.pipeline.operation import Operation
    from router.pipeline.request import Caller
    from router.supergraph import Supergraph

_HEADER = b"x-explain-cost"


def is_asked(caller: Caller) -> bool:
    """Whether the answer is to tell the cost."""
    return caller.headers.get(_HEADER) == b"1"


def explain_cost(
    operation: Operation,
    variables: dict[str, Any],
    result: ExecutionResult,
    supergraph: Supergraph,
    limit: int | None,
) -> dict[str, Any]:
    """The response's `extensions`."""
    fragments = {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    estimate = operation.estimate_cost
    if estimate is None:  # it is not limited, so nobody has needed it yet
        estimate = operation.estimate_cost = compile_cost(
            operation.node, fragments, supergraph, is_limit=False
        )
    data = None if result.data is None else msgspec.json.decode(result.data)
    cost: dict[str, Any] = {
        "estimated": _number(estimate(variables)),
        "actual": _number(actual_cost(operation.node, fragments, supergraph, data)),
    }
    if limit is not None:
        cost["limit"] = limit
    return {"cost": cost}


def _number(cost: float) -> float:
    return int(cost) if cost.is_integer() else cost
