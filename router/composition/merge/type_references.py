"""Merges the types of one field, argument or input field over subgraphs."""

from __future__ import annotations

from typing import Literal

from router.composition.codes import ErrorCode, HintCode
from router.composition.merge.merged_schema import MergeContext, Sources, differing
from router.composition.subtypes import is_subtype
from router.federation.document import Field, InputValue, Kind
from router.federation.type_refs import named_type

Position = Literal["input", "output"]


def merge_type_reference(
    context: MergeContext,
    coordinate: str,
    sources: Sources[Field] | Sources[InputValue],
    position: Position,
    mismatch: ErrorCode,
) -> str:
    """The most general type for output, the most specific one for input."""
    refs = [source.type for source in sources.values()]
    merged = refs[0]
    if all(ref == merged for ref in refs):
        _record_enum_usage(context, merged, position)
        return merged
    is_compatible = True
    for ref in refs[1:]:
        if is_subtype(context.merged.types, ref, merged):
            merged = ref if position == "input" else merged
        elif is_subtype(context.merged.types, merged, ref):
            merged = merged if position == "input" else ref
        else:
            is_compatible = False
    found = differing(context, {index: source.type for index, source in sources.items()})
    if is_compatible:
        code = (
            HintCode.INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE
            if position == "input"
            else HintCode.INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE
        )
        message = f"{coordinate} has compatible but different types: {found}; {merged} is used"
        context.hint(code, message, sources)
    else:
        message = f"{coordinate} has incompatible types: {found}"
        context.error(mismatch, message, sources)
    _record_enum_usage(context, merged, position)
    return merged


def _record_enum_usage(context: MergeContext, ref: str, position: Position) -> None:
    definition = context.merged.types.get(named_type(ref))
    if definition is not None and definition.kind is Kind.ENUM:
        context.enum_usage.setdefault(definition.name, set()).add(position)
