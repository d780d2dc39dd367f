"""Merges valid subgraphs into one schema.

The order counts: whether types are compatible depends on interfaces and unions, what an enum may
hold on how everything else uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.merge.composed_directives import find_composed_directives
from router.composition.merge.composites import merge_composite
from router.composition.merge.directive_definitions import merge_directive_definitions
from router.composition.merge.enums import merge_enum
from router.composition.merge.input_objects import merge_input_object
from router.composition.merge.interface_authorization import protect_interfaces
from router.composition.merge.interface_object_fields import add_interface_object_fields
from router.composition.merge.link_names import check_link_names
from router.composition.merge.merged_schema import MergeContext
from router.composition.merge.scalars import merge_scalar
from router.composition.merge.schema_definition import merge_schema_definition
from router.composition.merge.types import add_types, drop_empty_roots, merge_relations
from router.composition.merge.unions import merge_union
from router.federation.document import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.composition.report import Report
    from router.composition.subgraph.facts import Facts
    from router.composition.subgraph.schema import SubgraphSchema

_MERGERS = (
    (Kind.UNION, merge_union),
    (Kind.SCALAR, merge_scalar),
    (Kind.INPUT_OBJECT, merge_input_object),
    (Kind.INTERFACE, merge_composite),
    (Kind.OBJECT, merge_composite),
)


def merge_subgraphs(
    schemas: Sequence[SubgraphSchema], facts: Sequence[Facts], report: Report
) -> MergeContext:
    """Merge everything; errors are in the report, the result is only sound without them."""
    context = MergeContext(schemas, facts, report)
    check_link_names(context)
    find_composed_directives(context)
    add_types(context)
    merge_relations(context)
    by_kind: dict[Kind, list[str]] = {}
    for definition in context.merged.types.values():
        by_kind.setdefault(definition.kind, []).append(definition.name)
    for kind, merge in _MERGERS:
        for name in by_kind.get(kind, ()):
            merge(context, context.merged.types[name])
    merge_schema_definition(context)
    merge_directive_definitions(context)
    for name in by_kind.get(Kind.ENUM, ()):
        merge_enum(context, context.merged.types[name])
    add_interface_object_fields(context)
    protect_interfaces(context)
    drop_empty_roots(context)
    return context
