"""Merges scalars: nothing but their directives and description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.composites import add_join_types, check_extension_has_base
from router.composition.merge.descriptions import merge_description

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext
    from router.federation.document import TypeDefinition


def merge_scalar(context: MergeContext, merged: TypeDefinition) -> None:
    sources = context.type_sources(merged.name)
    merged.description = merge_description(context, merged.name, sources)
    merged.directives = merge_applied(context, merged.name, sources)
    check_extension_has_base(context, merged, sources)
    add_join_types(context, merged, sources)
