"""Execute: run the prepared operation against the subgraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router.execution import ExecutionContext, ExecutionResult, PreparedOperation

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.engine import Engine
    from router.policies.headers import ForwardedHeaders

_GRACE_S = 0.5
"""Fetches get this much longer than the operation: a request over its time is refused as a whole
(TIMEOUT), while a subgraph over its own, shorter limit costs its fields only."""


async def execute(
    prepared: PreparedOperation,
    variables: dict[str, Any],
    forwarded: ForwardedHeaders,
    engine: Engine,
    observations: Observations,
    deadline: float,
) -> ExecutionResult:
    """The result of the operation; `deadline` is on the event loop's clock."""
    context = ExecutionContext(
        forwarded.headers,
        deadline + _GRACE_S,
        observations.request_id,
        observations,
        forwarded.identity,
    )
    return await prepared.execute(variables, context, engine.clients)
