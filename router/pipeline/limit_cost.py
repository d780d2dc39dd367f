"""Limit the cost: what the operation may cost at most with these variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.policies.limits import Limits, too_large

if TYPE_CHECKING:
    from router.pipeline.operation import Operation


def limit_cost(operation: Operation, variables: dict[str, Any], limits: Limits) -> None:
    """Refuse an operation whose estimated cost is over the limit.

    Raises:
        ClientError: QUERY_TOO_COMPLEX.
    """
    if operation.estimate_cost is None or limits.max_cost is None:
        return
    cost = operation.estimate_cost(variables)
    if cost > limits.max_cost:
        msg = "QUERY_TOO_COMPLEX"
        raise too_large(msg, "estimated cost", limits.max_cost, cost)
