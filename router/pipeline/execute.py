"""Execute: what the prepared operation has to know of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.execution import ExecutionContext

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.request import Caller
    from router.policies.headers import HeaderPropagation


def execution_context(
    caller: Caller, observations: Observations, propagation: HeaderPropagation, deadline: float
) -> ExecutionContext:
    """The request as its fetches see it."""
    forwarded = propagation.headers(
        caller.headers,
        observations.request_id,
        observations.client_address,
        observations.traceparent,
    )
    return ExecutionContext(
        forwarded.headers,
        deadline,
        observations.request_id,
        observations,
        forwarded.identity,
    )
