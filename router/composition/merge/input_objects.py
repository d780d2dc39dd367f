"""Merges input objects: a client may only send what every subgraph understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.arguments import merge_input_value
from router.composition.merge.composites import add_join_types, check_extension_has_base
from router.composition.merge.descriptions import merge_description
from router.federation.document import Directive, InputValue, TypeDefinition
from router.federation.specification import INACCESSIBLE
from router.federation.values import EnumText, Value

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources


def merge_input_object(context: MergeContext, merged: TypeDefinition) -> None:
    sources = context.type_sources(merged.name)
    merged.description = merge_description(context, merged.name, sources)
    merged.directives = merge_applied(context, merged.name, sources)
    check_extension_has_base(context, merged, sources)
    add_join_types(context, merged, sources)
    for name in dict.fromkeys(name for source in sources.values() for name in source.input_fields):
        field = _merge_field(context, merged, name, sources)
        if field is not None:
            merged.input_fields[name] = field
    if not merged.input_fields:
        message = f"Input {merged.name} has no field that is in all subgraphs that define it"
        context.error(ErrorCode.EMPTY_MERGED_INPUT_TYPE, message, sources)


def _merge_field(
    context: MergeContext, merged: TypeDefinition, name: str, owners: Sources[TypeDefinition]
) -> InputValue | None:
    sources = {
        index: found
        for index, owner in owners.items()
        if (found := owner.input_fields.get(name)) is not None
    }
    coordinate = f"{merged.name}.{name}"
    missing = [index for index in owners if index not in sources]
    directives = merge_applied(context, coordinate, sources)
    # What is @inaccessible is never sent, so it may be anywhere.
    is_inaccessible = any(use.name == INACCESSIBLE for use in directives)
    if missing and not is_inaccessible:
        required = [index for index, source in sources.items() if source.is_required]
        if required:
            message = (
                f"{coordinate} is required in {context.names(required)} "
                f"but does not exist in {context.names(missing)}"
            )
            code = ErrorCode.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH
            context.error(code, message, {**owners, **sources})
        else:
            message = f"{coordinate} is left out because {context.names(missing)} does not have it"
            context.hint(HintCode.INCONSISTENT_INPUT_OBJECT_FIELD, message, sources)
        return None
    field = merge_input_value(
        context,
        coordinate,
        sources,
        type_mismatch=ErrorCode.FIELD_TYPE_MISMATCH,
        default_mismatch=ErrorCode.INPUT_FIELD_DEFAULT_MISMATCH,
    )
    is_same_type = all(source.type == field.type for source in sources.values())
    if missing or not is_same_type:
        for index, source in sources.items():
            arguments: dict[str, Value] = {"graph": EnumText(context.schemas[index].graph)}
            if not is_same_type:
                arguments["type"] = source.type
            context.merged.join((merged.name, name), Directive("join__field", arguments))
    return field
