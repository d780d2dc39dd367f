"""@listSize describes lists that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.subgraph.schema import use_of
from router.federation.document import Kind
from router.federation.specification import LIST_SIZE
from router.federation.type_refs import is_list, named_type, nullable

if TYPE_CHECKING:
    from router.composition.rules.rule import RuleContext
    from router.federation.document import Directive, Field, TypeDefinition


def list_sizes(context: RuleContext) -> None:
    for definition, field in context.schema.fields():
        use = use_of(field, LIST_SIZE)
        if use:
            _check_list_size(context, definition, field, use)


def _check_list_size(
    context: RuleContext, parent: TypeDefinition, field: Field, use: Directive
) -> None:
    where = f"{parent.name}.{field.name}"
    sized_fields = use.arguments.get("sizedFields")
    if not sized_fields and not is_list(field.type):
        message = f"{where} has @listSize but returns no list"
        context.error(ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST, message, use)
    assumed_size = use.arguments.get("assumedSize")
    if assumed_size is not None and assumed_size < 0:
        message = f"The assumed size of {where} is negative"
        context.error(ErrorCode.LIST_SIZE_INVALID_ASSUMED_SIZE, message, use)
    for name in _names(use, "slicingArguments"):
        argument = field.arguments.get(name)
        if argument is None or nullable(argument.type) != "Int":
            message = f"Slicing argument {where}({name}:) must be an argument of type Int"
            context.error(ErrorCode.LIST_SIZE_INVALID_SLICING_ARGUMENT, message, use)
    if sized_fields:
        _check_sized_fields(context, field, use, where)


def _check_sized_fields(context: RuleContext, field: Field, use: Directive, where: str) -> None:
    returned = context.schema.types.get(named_type(field.type))
    if returned is None or returned.kind not in {Kind.OBJECT, Kind.INTERFACE}:
        message = f"{where} has sized fields but returns no object"
        context.error(ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD, message, use)
        return
    for name in _names(use, "sizedFields"):
        sized = returned.fields.get(name)
        if sized is None:
            message = f"Sized field {returned.name}.{name} does not exist"
            context.error(ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD, message, use)
        elif not is_list(sized.type):
            message = f"Sized field {returned.name}.{name} is no list"
            context.error(ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST, message, use)


def _names(use: Directive, argument: str) -> list[str]:
    value = use.arguments.get(argument)
    if value is None:
        return []
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]
