"""Every operation that is valid in the API schema can be answered.

Runs on the query graph that plans operations: what composes is what plans.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.satisfiability.explain import explain
from router.composition.satisfiability.reach import TooManySearchesError
from router.composition.satisfiability.search import find_unanswerable
from router.composition.satisfiability.supergraph_document import supergraph_document
from router.composition.supergraph_rules.inaccessible import is_accessible
from router.query_graph import QueryGraph
from router.supergraph import load_document

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, MergedSchema


_FEW_LABELS = 10


def check_satisfiability(context: MergeContext) -> None:
    """Report fields that no plan can reach, once each."""
    loaded = load_document(supergraph_document(context.merged, context.schemas))
    fields = _visible_fields(context.merged)
    reported: set[tuple[str, str]] = set()
    for labels in _label_sets(loaded.override_labels):
        graph = QueryGraph(loaded, labels)
        try:
            unanswerable = list(find_unanswerable(graph, fields))
        except TooManySearchesError as error:
            message = f"Keys or @requires of {error.type_name} need one another over too many steps"
            places = context.places_at(error.type_name)
            context.report.error(ErrorCode.SATISFIABILITY_ERROR, message, places)
            return
        for found in unanswerable:
            if (found.type_name, found.field) in reported:
                continue
            reported.add((found.type_name, found.field))
            # No subgraph defines __typename; then the type itself is the place.
            places = context.places_at(found.type_name, found.field) or context.places_at(
                found.type_name
            )
            message = explain(context.merged, graph, found)
            context.report.error(ErrorCode.SATISFIABILITY_ERROR, message, places)


def _label_sets(labels: tuple[str, ...]) -> list[frozenset[str]]:
    """None and all; with few labels also each alone, and all but each.

    Labels meet only where one field's way leads past another's, so pairs tell all that is likely;
    every set costs a walk over the whole graph.
    """
    everything = frozenset(labels)
    sets = [frozenset[str](), everything]
    if len(labels) <= _FEW_LABELS:
        for label in labels:
            sets += [frozenset((label,)), everything - {label}]
    return list(dict.fromkeys(sets))


def _visible_fields(merged: MergedSchema) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(field.name for field in definition.fields.values() if is_accessible(field))
        for name, definition in merged.types.items()
        if definition.is_composite and is_accessible(definition)
    }
