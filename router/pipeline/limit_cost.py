"""Limit the cost: what the operation may cost at most with these variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.policies.limits import too_large

if TYPE_CHECKING:
    from router.pipeline.operation import EstimateCost
    from router.pipeline.request import Caller


def limit_cost(
    estimate: EstimateCost, variables: dict[str, Any], caller: Caller, max_cost: int
) -> None:
    """Refuse an operation that takes its request's estimated cost over the limit.

    Raises:
        ClientError: QUERY_TOO_COMPLEX.
    """
    cost = caller.cost + estimate(variables)
    if cost > max_cost:
        raise too_large("QUERY_TOO_COMPLEX", "estimated cost", max_cost, cost)
    caller.cost = cost
