"""Defaults of enum types that were written as strings, `= "ADMIN"`, become enum values.

Servers that print defaults from their own values write them so, and the reference composer takes
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.document import DirectiveDefinition, InputValue, Kind, TypeDefinition
from router.federation.type_refs import named_type
from router.federation.values import EnumText, FloatText, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


def coerce_defaults(
    types: Mapping[str, TypeDefinition], directives: Mapping[str, DirectiveDefinition]
) -> None:
    for directive in directives.values():
        for argument in directive.arguments.values():
            _coerce(argument, types)
    for definition in types.values():
        for field in definition.fields.values():
            for argument in field.arguments.values():
                _coerce(argument, types)
        for input_field in definition.input_fields.values():
            _coerce(input_field, types)


def _coerce(element: InputValue, types: Mapping[str, TypeDefinition]) -> None:
    element.default = _coerced(element.default, named_type(element.type), types)


def _coerced(value: Value, type_name: str, types: Mapping[str, TypeDefinition]) -> Value:
    definition = types.get(type_name)
    if definition is None:
        return value
    if isinstance(value, list):
        return [_coerced(item, type_name, types) for item in value]
    if isinstance(value, dict):
        return {
            name: _coerced(item, named_type(field.type), types)
            if (field := definition.input_fields.get(name))
            else item
            for name, item in value.items()
        }
    is_string = isinstance(value, str) and not isinstance(value, EnumText | FloatText)
    if is_string and definition.kind is Kind.ENUM and value in definition.values:
        return EnumText(value)
    return value
