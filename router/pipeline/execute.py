"""Execute: run the prepared operation against the subgraphs, within the time that is left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from router.errors import ClientError
from router.execution import ExecutionContext, ExecutionResult, PreparedOperation

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.engine import Engine
    from router.policies.headers import ForwardedHeaders

_GRACE_S = 0.25
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
    """The result of the operation.

    Raises:
        ClientError: TIMEOUT.
    """
    context = ExecutionContext(
        forwarded.headers,
        deadline + _GRACE_S,
        observations.request_id,
        observations,
        forwarded.identity,
    )
    try:
        async with asyncio.timeout_at(deadline):
            return await prepared.execute(variables, context, engine.clients)
    except TimeoutError as error:
        msg = "The operation took too long."
        raise ClientError(msg, code="TIMEOUT", status=504) from error
