"""@external declarations agree with those that resolve the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.merge.arguments import shown_default
from router.composition.merge.merged_schema import differing
from router.composition.subtypes import is_subtype
from router.federation.document import ABSENT, Field, InputValue
from router.federation.values import same_value

if TYPE_CHECKING:
    from router.composition.merge.merged_schema import MergeContext, Sources
    from router.composition.subgraph.schema import Located


def check_external_declarations(
    context: MergeContext,
    field: Field,
    coordinate: str,
    resolved: Sources[Field],
    external: Sources[Field],
) -> None:
    """Compare the declarations of one field that are external with what the others merged to."""
    if not external:
        return
    if any(not is_subtype(context.merged.types, s.type, field.type) for s in external.values()):
        found = differing(context, {index: source.type for index, source in external.items()})
        message = (
            f"{coordinate} is {field.type} where it is resolved, in {context.names(resolved)}, "
            f"but @external as {found}"
        )
        context.error(ErrorCode.EXTERNAL_TYPE_MISMATCH, message, {**external, **resolved})
    for argument in field.arguments.values():
        where = f"{coordinate}({argument.name}:)"
        missing = {i: s for i, s in external.items() if argument.name not in s.arguments}
        if missing:
            message = (
                f"{where} is in {context.names(resolved)}, where the field is resolved, "
                f"but not in its @external declaration in {context.names(missing)}"
            )
            context.error(ErrorCode.EXTERNAL_ARGUMENT_MISSING, message, {**missing, **resolved})
        for index, source in external.items():
            own = source.arguments.get(argument.name)
            if own is not None:
                _compare(context, where, argument, resolved, index, own)


def _compare(
    context: MergeContext,
    where: str,
    argument: InputValue,
    resolved: Sources[Field],
    index: int,
    own: InputValue,
) -> None:
    sources: dict[int, Located] = {index: own, **resolved}
    elsewhere = f"where the field is resolved, in {context.names(resolved)}"
    here = f"in its @external declaration in {context.names([index])}"
    if not is_subtype(context.merged.types, argument.type, own.type):
        message = f"{where} is {argument.type} {elsewhere}, but {own.type} {here}"
        context.error(ErrorCode.EXTERNAL_ARGUMENT_TYPE_MISMATCH, message, sources)
    if (own.default is ABSENT) != (argument.default is ABSENT) or not same_value(
        own.default, argument.default
    ):
        message = (
            f"{where} has {shown_default(argument)} {elsewhere}, but {shown_default(own)} {here}"
        )
        context.error(ErrorCode.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH, message, sources)
