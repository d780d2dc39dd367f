"""Visible defaults use nothing that is @inaccessible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.composition.codes import ErrorCode
from router.composition.supergraph_rules.inaccessible import is_accessible
from router.federation.document import ABSENT, InputValue
from router.federation.type_refs import named_type
from router.federation.values import EnumText, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.composition.merge.merged_schema import MergeContext


def inaccessible_defaults(context: MergeContext) -> None:
    for definition in context.merged.types.values():
        if not is_accessible(definition):
            continue
        for field in definition.fields.values():
            if is_accessible(field):
                for argument in field.arguments.values():
                    where = f"{definition.name}.{field.name}({argument.name}:)"
                    place = (definition.name, field.name, argument.name)
                    _check(context, where, argument, place)
        for input_field in definition.input_fields.values():
            where = f"{definition.name}.{input_field.name}"
            _check(context, where, input_field, (definition.name, input_field.name, ""))


def _check(
    context: MergeContext, where: str, element: InputValue, place: tuple[str, str, str]
) -> None:
    if element.default is ABSENT or not is_accessible(element):
        return
    for hidden in _hidden_parts(context, element.default, named_type(element.type)):
        message = f"{hidden} is @inaccessible, but used in the default of {where}"
        places = context.places_at(*place)
        context.report.error(ErrorCode.DEFAULT_VALUE_USES_INACCESSIBLE, message, places)


def _hidden_parts(context: MergeContext, value: Value, type_name: str) -> Iterator[str]:
    definition = context.merged.types.get(type_name)
    if definition is None:
        return
    if isinstance(value, list):
        for item in value:
            yield from _hidden_parts(context, item, type_name)
    elif isinstance(value, dict):
        for name, item in value.items():
            field = definition.input_fields.get(name)
            if field is None:
                continue
            if not is_accessible(field):
                yield f"{type_name}.{name}"
            yield from _hidden_parts(context, item, named_type(field.type))
    elif isinstance(value, EnumText):
        enum_value = definition.values.get(value)
        if enum_value is not None and not is_accessible(enum_value):
            yield f"{type_name}.{value}"
