"""Merges what stands on `schema` itself: its description and directives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.descriptions import merge_description
from router.federation.document import SchemaDefinition

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext


def merge_schema_definition(context: MergeContext) -> None:
    sources = {
        index: SchemaDefinition(directives=schema.schema_directives, description=schema.description)
        for index, schema in enumerate(context.schemas)
    }
    context.merged.schema_directives = merge_applied(context, "schema", sources)
    context.merged.description = merge_description(context, "schema", sources)
