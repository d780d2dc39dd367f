"""Merges enums, after everything else: what is allowed depends on how they are used.

Used for output only, an enum has all values of all subgraphs; for input only, those that every
subgraph understands; for both, the values must be the same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode, HintCode
from router.composition.merge.applied_directives import merge_applied
from router.composition.merge.composites import add_join_types, check_extension_has_base
from router.composition.merge.descriptions import merge_description
from router.federation.document import Directive, EnumValue, TypeDefinition
from router.federation.specification import INACCESSIBLE
from router.federation.values import EnumText

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources


def merge_enum(context: MergeContext, merged: TypeDefinition) -> None:
    sources = context.type_sources(merged.name)
    merged.description = merge_description(context, merged.name, sources)
    merged.directives = merge_applied(context, merged.name, sources)
    check_extension_has_base(context, merged, sources)
    add_join_types(context, merged, sources)
    usage = context.enum_usage.get(merged.name, set())
    if not usage:
        message = f"Enum {merged.name} is used by nothing; all its values are kept"
        context.hint(HintCode.UNUSED_ENUM_TYPE, message, sources)
    for name in dict.fromkeys(name for source in sources.values() for name in source.values):
        value = _merge_value(context, merged, name, sources, usage)
        if value is not None:
            merged.values[name] = value
    if not merged.values:
        message = f"Enum {merged.name} has no value that is in all subgraphs that define it"
        context.error(ErrorCode.EMPTY_MERGED_ENUM_TYPE, message, sources)


def _merge_value(
    context: MergeContext,
    merged: TypeDefinition,
    name: str,
    owners: Sources[TypeDefinition],
    usage: set[str],
) -> EnumValue | None:
    sources = {
        index: found
        for index, owner in owners.items()
        if (found := owner.values.get(name)) is not None
    }
    coordinate = f"{merged.name}.{name}"
    value = EnumValue(
        name,
        merge_applied(context, coordinate, sources),
        merge_description(context, coordinate, sources),
    )
    missing = [index for index in owners if index not in sources]
    is_inaccessible = any(use.name == INACCESSIBLE for use in value.directives)
    if missing and not is_inaccessible:
        message = f"Value {coordinate} does not exist in {context.names(missing)}"
        if usage == {"input", "output"}:
            message += ", but the enum is used for input and output and must be the same everywhere"
            context.error(ErrorCode.ENUM_VALUE_MISMATCH, message, owners)
        elif usage == {"input"}:
            message += " and is left out: the enum is used for input"
            context.hint(HintCode.INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM, message, owners)
            return None
        else:
            context.hint(HintCode.INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM, message, owners)
    for index in sources:
        graph = EnumText(context.schemas[index].graph)
        context.merged.join((merged.name, name), Directive("join__enumValue", {"graph": graph}))
    return value
