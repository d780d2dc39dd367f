"""Limit the cost: what the operation may cost at most with these variables."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from router.policies.limits import LARGEST_NAMED, too_large

if TYPE_CHECKING:
    from router.pipeline.operation import EstimateCost
    from router.pipeline.request import Caller


def limit_cost(
    estimate: EstimateCost, variables: dict[str, Any], caller: Caller, max_cost: int
) -> None:
    """Refuse an operation that takes its request's estimated cost over the limit.

    Raises:
        ClientError: QUERY_TOO_COMPLEX; GRAPHQL_VALIDATION_FAILED for a list that lacks the slicing
            argument which it requires.
    """
    cost = caller.cost + estimate(variables)
    if cost > max_cost:
        whole = ceil(min(cost, LARGEST_NAMED))
        raise too_large("QUERY_TOO_COMPLEX", "estimated cost", max_cost, whole)
    caller.cost = cost
