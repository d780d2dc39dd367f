"""Limit calls: what only a few requests may call, or none together with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.errors import ClientError
from router.policies.limits import refuse_several

if TYPE_CHECKING:
    from router.observations import Observations
    from router.pipeline.operation import Operation
    from router.pipeline.request import Caller
    from router.policies.identity import Identity
    from router.policies.policy_set import PolicySet


async def limit_calls(
    operation: Operation,
    identity: Identity,
    caller: Caller,
    observations: Observations,
    policies: PolicySet,
) -> None:
    """Refuse calls that this request may not make, or not so often.

    Raises:
        ClientError: METHOD_NOT_ALLOWED, BATCH_NOT_ALLOWED, RATE_LIMITED.
    """
    if operation.kind != "query" and caller.method == "GET":
        msg = f"A {operation.kind} needs POST."
        raise ClientError(msg, code="METHOD_NOT_ALLOWED", status=405)
    if operation.guarded_calls:
        caller.guarded_calls += operation.guarded_calls
        refuse_several(caller.guarded_calls, policies.limits)
    if operation.limited_fields and policies.rate_limits is not None:
        await policies.rate_limits.check_fields(
            operation.limited_fields, identity.viewer, observations.client_address
        )
