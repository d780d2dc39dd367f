"""What is known of an operation from its text alone; made once, looked up on every request."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from router.cache.lru import LruCache

if TYPE_CHECKING:
    from graphql import DocumentNode, OperationDefinitionNode

    from router.execution import PreparedOperation
    from router.pipeline.coerce_variables import Coerce
    from router.policies.authorization import Guard
    from router.policies.identity import TokenProblem

_MAX_PLANS = 64
_MAX_NAME_CHARACTERS = 200

EstimateCost = Callable[[dict[str, Any]], float]
"""Coerced variables in, estimated cost out."""


class PlanKey(NamedTuple):
    """What of a request decides the plan of its operation.

    Attributes:
        refused: The guards that refuse the viewer, as bits: bit n stands for guards[n].
        problem: Why there is no viewer, which the errors at denied fields tell; None if no guard
            refuses.
        override_labels: Labels of progressive `@override` that are on.
    """

    refused: int
    problem: TokenProblem | None
    override_labels: frozenset[str]


USUAL = PlanKey(0, None, frozenset())
"""Of a request that no guard refuses, in a supergraph without labels."""


class Operation:
    """One operation of one document, checked and ready to be executed.

    Attributes:
        document: The client's document.
        node: The operation chosen from it.
        kind: "query", "mutation" or "subscription".
        name: For whoever looks at it, so no more than its first 200 characters; "" for an
            anonymous operation.
        hash: The first 16 hexadecimal digits of the SHA-256 of the text.
        weight: What it takes of memory, counted in characters of text.
        coerce: Coerces raw variables.
        estimate_cost: None when cost is not limited.
        limited_fields: Coordinates of its root fields that have a rate limit of their own, one
            for each call.
        guarded_calls: Calls of mutations of which a request may hold one in all.
        coordinates: What it relies on in the schema; empty unless somebody asks for that.
        guards: What a viewer must hold for fields of the operation.
        prepared: Ready for execution, by what of a request decides its plan.
    """

    __slots__ = (
        "coerce",
        "coordinates",
        "document",
        "estimate_cost",
        "guarded_calls",
        "guards",
        "hash",
        "kind",
        "limited_fields",
        "name",
        "node",
        "prepared",
        "weight",
    )

    def __init__(  # noqa: PLR0913 (a record; built by keyword in one place)
        self,
        text: str,
        document: DocumentNode,
        node: OperationDefinitionNode,
        *,
        weight: int,
        coerce: Coerce,
        estimate_cost: EstimateCost | None,
        guards: tuple[Guard, ...],
        limited_fields: tuple[str, ...],
        guarded_calls: int,
        coordinates: tuple[str, ...],
    ) -> None:
        self.document = document
        self.node = node
        self.kind = node.operation.value
        self.name = node.name.value[:_MAX_NAME_CHARACTERS] if node.name is not None else ""
        self.hash = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.weight = weight
        self.coerce = coerce
        self.estimate_cost = estimate_cost
        self.guards = guards
        self.limited_fields = limited_fields
        self.guarded_calls = guarded_calls
        self.coordinates = coordinates
        self.prepared: LruCache[PlanKey, PreparedOperation] = LruCache(max_items=_MAX_PLANS)
