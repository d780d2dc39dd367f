"""Authorize: which of the operation's guards refuse this request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.errors import InvalidRequestError
from router.policies.authorization import denial_errors, policies_of, refusals

if TYPE_CHECKING:
    from router.pipeline.operation import Operation
    from router.pipeline.request import Caller
    from router.policies.identity import Identity
    from router.policies.policy_set import PolicySet


async def authorize(
    operation: Operation, identity: Identity, caller: Caller, policies: PolicySet
) -> int:
    """The guards that refuse, as bits; 0 for an operation that is allowed whole.

    Raises:
        InvalidRequestError: UNAUTHENTICATED or FORBIDDEN, where denied operations are refused.
    """
    guards = operation.guards
    if not guards:
        return 0
    held: frozenset[str] = frozenset()
    if policies.policy_check is not None and (names := policies_of(guards)):
        held = await policies.policy_check(names, identity.viewer, caller.headers)
    refused = refusals(guards, identity, held)
    if refused and policies.authorization == "refuse":
        raise InvalidRequestError(denial_errors(guards, refused, identity))
    return refused
