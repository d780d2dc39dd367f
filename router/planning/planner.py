"""The planner: which subgraph is asked for what, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from graphql import DocumentNode, GraphQLError, parse

from router.errors import ClientError, PlanBugError
from router.planning.assemble import assemble
from router.planning.choose import Choice, choices
from router.planning.fetch_graph import Part, build_parts
from router.planning.normalize import normalize
from router.planning.optimize import Request, share_requests
from router.planning.response_keys import ResponseKeys
from router.planning.sequence import choose_subgraphs
from router.planning.walk_operation import Leaf, walk_operation
from router.query_graph import Place, QueryGraph, root_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.planning.query_plan import QueryPlan
    from router.planning.selections import NormalizedOperation, Selections
    from router.supergraph import Supergraph

MAX_GRAPHS = 64
"""Query graphs kept, one for each set of override labels."""


class Planner:
    """Plans the operations of one supergraph; may be shared between threads."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._graph = lru_cache(MAX_GRAPHS)(self._make_graph)

    def plan(
        self,
        document: str | DocumentNode,
        operation_name: str | None = None,
        *,
        override_labels: frozenset[str] = frozenset(),
    ) -> QueryPlan:
        """Plan one operation.

        Args:
            document: Valid against the API schema.
            operation_name: Needed if the document has several operations.
            override_labels: Labels of progressive @override that hold for this request.

        Raises:
            ClientError: The operation does not parse, is too large or cannot be planned.
        """
        operation = self.normalize(document, operation_name)
        known = override_labels.intersection(self._supergraph.override_labels)
        return plan(operation, self._graph(known))

    def normalize(
        self, document: str | DocumentNode, operation_name: str | None = None
    ) -> NormalizedOperation:
        """The first intermediate product: the operation without fragments and duplicates."""
        if isinstance(document, str):
            try:
                document = parse(document, no_location=True, allow_empty_selection_sets=False)
            except GraphQLError as error:
                raise ClientError(error.message, code="GRAPHQL_PARSE_FAILED") from error
        return normalize(document, operation_name, self._supergraph)

    def _make_graph(self, override_labels: frozenset[str]) -> QueryGraph:
        return QueryGraph(self._supergraph, override_labels)


def plan(operation: NormalizedOperation, graph: QueryGraph) -> QueryPlan:
    """Plan a normalized operation."""
    keys = ResponseKeys(operation)
    requests: list[Request] = []
    for root, selections in steps(operation, graph):
        step = plan_step(root, selections, keys)
        _follow(step.requests, requests)
        requests += step.requests
    return assemble(requests, operation, graph.supergraph)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an operation, with everything on the way to its requests."""

    leaves: list[Leaf]
    choice: Choice
    parts: list[Part]
    requests: list[Request]

    @property
    def size(self) -> tuple[int, int]:
        """Requests, and how many of them wait for each other."""
        return len(self.requests), max((item.level for item in self.requests), default=0)


def plan_step(root: Place, selections: Selections, keys: ResponseKeys) -> Step:
    """Plan what may run together."""
    leaves = walk_operation(root, selections)  # every way to read what is selected
    best: Step | None = None
    for choice in choices(leaves):  # one way each, shared as far as possible
        parts = build_parts(leaves, choice, keys)  # who asks whom for what
        step = Step(leaves, choice, parts, share_requests(parts))  # what travels together
        if best is None or _is_better(step, best):
            best = step
    if best is None:
        raise PlanBugError(root.type_name)
    return best


def _is_better(step: Step, best: Step) -> bool:
    """Whether a step saves requests: not by waiting longer, and not by a last resort."""
    if step.choice.resorts != best.choice.resorts:
        return step.choice.resorts < best.choice.resorts
    return step.size < best.size and step.size[1] <= best.size[1]


def steps(operation: NormalizedOperation, graph: QueryGraph) -> Sequence[tuple[Place, Selections]]:
    """What is planned as one; mutations run one after the other."""
    if operation.kind == "query":
        return [(root_place(graph, "query"), operation.selections)]
    return choose_subgraphs(operation, graph)


def _follow(step: Sequence[Request], earlier: Sequence[Request]) -> None:
    """Let a step start when everything before it has ended."""
    ends = set(earlier) - {other for request in earlier for other in request.depends_on}
    for request in step:
        if not request.depends_on:
            request.depends_on = {other: None for other in earlier if other in ends}
