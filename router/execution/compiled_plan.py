"""A plan compiled for one layout of the response tree: what runs once per fetch and per answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.execution.entity_call import CompiledCall
from router.execution.fetch import CompiledFetch
from router.execution.layout import Layout, Source
from router.execution.merge import Merge
from router.execution.object_types import ObjectType
from router.execution.projection import compile_projection
from router.execution.representations import is_flat, types_of
from router.execution.sent_operation import SentOperation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.execution.locate import Keys
    from router.execution.shape import Selection
    from router.planning.query_plan import Condition, EntityCall, Fetch, QueryPlan
    from router.supergraph import Supergraph


class CompiledPlan:
    """What a variant of an operation needs to run.

    Attributes:
        fetches: By index in the plan; None for one whose conditions do not hold.
        root: Makes the root of the response tree.
        project: From the tree to what is printed; None where the tree itself is.
    """

    def __init__(
        self,
        plan: QueryPlan,
        supergraph: Supergraph,
        selection: Selection,
        conditions: Mapping[str, bool],
        shared: frozenset[Keys],
    ) -> None:
        layout = Layout(selection)
        active = [
            (
                fetch,
                {
                    Source(fetch.id, number): call
                    for number, call in enumerate(fetch.entity_calls)
                    if _hold(call.conditions, conditions)
                },
            )
            for fetch in plan.fetches
            if _hold(fetch.conditions, conditions)
        ]
        for fetch, calls in active:
            _keep_what_is_read(layout, fetch, calls.values())
        operations: dict[int, SentOperation] = {}
        for fetch, calls in active:
            operation = operations[fetch.id] = SentOperation(
                fetch, supergraph.api_schema, conditions
            )
            _enter(layout, fetch, calls, operation)
        merge = Merge(
            frozenset(name for name, kind in supergraph.kinds.items() if kind == "interface")
        )
        self.fetches: list[CompiledFetch | None] = [None] * len(plan.fetches)
        for fetch, calls in active:
            compiled = [
                CompiledCall(call, source, layout, shared, merge) for source, call in calls.items()
            ]
            self.fetches[fetch.id] = CompiledFetch(
                fetch, operations[fetch.id], layout, compiled, merge
            )
        self.root = ObjectType.of_place(layout.root, None)
        self.project = compile_projection(selection, layout, shared)


def _keep_what_is_read(layout: Layout, fetch: Fetch, calls: Iterable[EntityCall]) -> None:
    """Lay out what representations, paths and contexts read of the tree."""
    layout.find(fetch.path)
    for call in calls:
        is_simple = len(call.requires) == 1 and is_flat(call.requires[0])
        for path in call.paths:
            place, _ = layout.find(path)
            if place is None:
                continue
            if place.constant is None or not is_simple:
                place.need_typename()
            for representation in call.requires:
                place.need(representation.selections, representation.types)
        for source in (source for item in call.contexts for source in item.sources):
            place, _ = layout.find(call.paths[0][: source.depth])
            if place is not None:
                place.need_typename()
                place.need(source.selections, source.types or None)


def _enter(
    layout: Layout, fetch: Fetch, calls: Mapping[Source, EntityCall], operation: SentOperation
) -> None:
    """Enter into the layout what a fetch brings."""
    renamed = {item.source: item.target for item in fetch.renames}
    if not fetch.entity_calls:
        place, is_whole = layout.find(fetch.path)
        if place is not None:
            source = Source(fetch.id, -1)
            if is_whole:
                place.callers.add(source)
            operation.enter(place, source, [operation.root], renamed)
    for source, call in calls.items():
        below = operation.below.get(call.response_key)
        for path in call.paths:
            place, is_whole = layout.find(path)
            if place is not None and below is not None:
                if is_whole and place.possible <= types_of(call):
                    place.callers.add(source)
                operation.enter(place, source, [below], renamed)


def _hold(conditions: tuple[Condition, ...], values: Mapping[str, bool]) -> bool:
    return all(values[condition.variable] is condition.value for condition in conditions)
