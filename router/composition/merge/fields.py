"""Merges one field of an object or interface type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.merge.applied_directives import is_merged, merge_applied
from router.composition.merge.arguments import merge_arguments
from router.composition.merge.descriptions import merge_description
from router.composition.merge.external_fields import check_external_declarations
from router.composition.merge.join_fields import add_join_fields
from router.composition.merge.overrides import read_overrides
from router.composition.merge.shared_fields import check_sharing
from router.composition.merge.type_references import merge_type_reference
from router.federation.document import Field, Kind, TypeDefinition
from router.federation.specification import shown

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources


def merge_field(
    context: MergeContext,
    parent: TypeDefinition,
    name: str,
    sources: Sources[Field],
    *,
    owner_count: int,
) -> Field | None:
    """One field of the supergraph, with its @join__field; None if it cannot exist.

    Args:
        context: Of this composition.
        parent: The merged type.
        name: Of the field.
        sources: Its declarations.
        owner_count: Number of subgraphs that have `parent`.
    """
    coordinate = f"{parent.name}.{name}"
    overrides = read_overrides(context, parent, sources)
    if _is_external_everywhere(context, parent, name, sources):
        where = context.names(index for index in sources)
        message = f"{coordinate} is @external in every subgraph that declares it ({where})"
        context.error(ErrorCode.EXTERNAL_MISSING_ON_BASE, message, sources)
        return None
    resolved = _without_external(context, parent.name, coordinate, sources) or {
        index: context.interface_objects[interface][index].fields[name]
        for index, interface in context.stand_ins(parent, name)
    }
    ref = merge_type_reference(
        context, coordinate, resolved, "output", ErrorCode.FIELD_TYPE_MISMATCH
    )
    field = Field(
        name,
        ref,
        merge_arguments(context, coordinate, resolved),
        merge_applied(context, coordinate, resolved),
        merge_description(context, coordinate, resolved),
    )
    external = {index: source for index, source in sources.items() if index not in resolved}
    check_external_declarations(context, field, coordinate, resolved, external)
    is_everywhere = len(sources) == owner_count
    add_join_fields(context, parent, field, sources, overrides, is_everywhere=is_everywhere)
    if parent.kind is Kind.OBJECT:
        check_sharing(context, parent, name, sources, overrides)
    return field


def _is_external(context: MergeContext, index: int, type_name: str, name: str) -> bool:
    return (type_name, name) in context.facts[index].external


def _is_external_everywhere(
    context: MergeContext, parent: TypeDefinition, name: str, sources: Sources[Field]
) -> bool:
    return all(_is_external(context, index, parent.name, name) for index in sources) and all(
        _is_external(context, index, interface, name)
        for index, interface in context.stand_ins(parent, name)
    )


def _without_external(
    context: MergeContext, type_name: str, coordinate: str, sources: Sources[Field]
) -> dict[int, Field]:
    """The declarations that resolve the field; those marked @external must carry no directives.

    External declarations do not take part in the merge: a type written down wrongly for a field
    that is resolved elsewhere would change the supergraph.
    """
    if not any(context.facts[index].external for index in sources):
        return dict(sources)
    kept: dict[int, Field] = {}
    for index, source in sources.items():
        if not _is_external(context, index, type_name, source.name):
            kept[index] = source
            continue
        for use in source.directives:
            if is_merged(context, index, use.name) and use.name != "deprecated":
                message = f"{shown(use.name)} cannot be on {coordinate}, which is @external here"
                code = ErrorCode.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL
                context.error_in(index, code, message, use)
    return kept
