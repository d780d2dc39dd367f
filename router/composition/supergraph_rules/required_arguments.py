"""Arguments in a @requires fit the field as the supergraph has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.facts import field_set_of
from router.composition.subgraph.schema import SubgraphSchema, uses_of
from router.composition.subgraph.selections import Selected, selected_fields
from router.federation.specification import REQUIRES

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext
    from router.federation.document import Directive


def required_arguments(context: MergeContext) -> None:
    for schema in context.schemas:
        for definition, field in schema.fields():
            for use in uses_of(field, REQUIRES):
                where = f"On {definition.name}.{field.name}, for @requires"
                for selected in selected_fields(schema, definition.name, field_set_of(use)):
                    _check(context, schema, selected, use, where)


def _check(
    context: MergeContext, schema: SubgraphSchema, selected: Selected, use: Directive, where: str
) -> None:
    merged_type = context.merged.types.get(selected.type_name)
    merged = merged_type.fields.get(selected.field.name) if merged_type else None
    if merged is None:
        return
    report = context.report.of(schema.name)
    given = {name for name, _ in selected.selection.arguments}
    coordinate = f"{selected.type_name}.{merged.name}"
    for name in sorted(given - merged.arguments.keys()):
        message = f"{where}: {coordinate} has no argument {name} in the supergraph"
        report.error(ErrorCode.REQUIRES_INVALID_FIELDS, message, use.offset)
    for argument in merged.arguments.values():
        if argument.is_required and argument.name not in given:
            message = f"{where}: {coordinate} needs the argument {argument.name} in the supergraph"
            report.error(ErrorCode.REQUIRES_INVALID_FIELDS, message, use.offset)
