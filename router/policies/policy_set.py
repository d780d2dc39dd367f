"""All policies of one router, as the pipeline applies them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from router.policies.client_address import TrustedProxies
from router.policies.headers import HeaderPropagation
from router.policies.identity import Viewer
from router.policies.limits import Limits
from router.policies.overrides import OverrideLabels
from router.policies.persisted_operations import PersistedOperations
from router.policies.subgraph_errors import SubgraphErrorMask

if TYPE_CHECKING:
    from router.policies.authentication import Authentication
    from router.policies.rate_limit import RateLimits

PolicyCheck = Callable[
    [frozenset[str], Viewer | None, Mapping[bytes, bytes]], Awaitable[frozenset[str]]
]
"""Names of `@policy` policies, the viewer and the request's headers in; those that hold out."""

AuthorizationMode = Literal["off", "null", "refuse"]


@dataclass(frozen=True, slots=True)
class PolicySet:
    """What a request may do.

    Attributes:
        limits: How large an operation may be.
        headers: Which headers reach subgraphs.
        trusted_proxies: Whose `X-Forwarded-For` counts.
        error_mask: What of subgraph errors is shown.
        persisted: Operations known by hash or id.
        authentication: None: tokens are forwarded, not checked.
        authorization: "null" answers denied fields with null and an error, "refuse" refuses the
            operation, "off" leaves the directives to the subgraphs.
        policy_check: Decides `@policy`; without one no policy holds.
        rate_limits: None: off.
        explains_cost: Clients may ask what an operation costs.
        allows_introspection: `__schema` and `__type` are answered.
        hides_suggestions: Validation errors do not name similar fields.
        timeout_s: Longest time for one operation.
        notes_use: Observations tell what of the schema each operation relies on.
        override_labels: Which labels of progressive `@override` are on.
    """

    limits: Limits = field(default_factory=Limits)
    headers: HeaderPropagation = field(default_factory=HeaderPropagation)
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    error_mask: SubgraphErrorMask = field(
        default_factory=lambda: SubgraphErrorMask(is_masking=True)
    )
    persisted: PersistedOperations = field(default_factory=PersistedOperations)
    authentication: Authentication | None = None
    authorization: AuthorizationMode = "off"
    policy_check: PolicyCheck | None = None
    rate_limits: RateLimits | None = None
    explains_cost: bool = True
    allows_introspection: bool = True
    hides_suggestions: bool = False
    timeout_s: float = 30.0
    notes_use: bool = False
    override_labels: OverrideLabels = field(default_factory=OverrideLabels)
