"""Whether a constant value fits an input type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.document import Kind, TypeDefinition
from router.federation.type_refs import is_list, is_non_null, item_type, nullable
from router.federation.values import EnumText, FloatText, Value, print_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_INT = 2**31


def value_problem(value: Value, ref: str, types: Mapping[str, TypeDefinition]) -> str | None:
    """What is wrong with `value` where `ref` is expected; None if it fits."""
    if is_non_null(ref):
        ref = nullable(ref)
        if value is None:
            return f'expected value of type "{ref}!", found null'
    if value is None:
        return None
    if is_list(ref):
        items = value if isinstance(value, list) else [value]
        return _first(value_problem(item, item_type(ref), types) for item in items)
    definition = types.get(ref)
    if definition is not None and definition.kind is Kind.INPUT_OBJECT:
        return _object_problem(value, definition, types)
    if definition is not None and definition.kind is Kind.ENUM:
        fits = isinstance(value, EnumText) and value in definition.values
    else:
        fits = _fits_standard_scalar(value, ref)
    return None if fits else f'expected value of type "{ref}", found {print_value(value)}'


def _first(problems: Iterator[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)


def _object_problem(
    value: Value, definition: TypeDefinition, types: Mapping[str, TypeDefinition]
) -> str | None:
    if not isinstance(value, dict):
        return f'expected value of type "{definition.name}", found {print_value(value)}'
    for name in value:
        if name not in definition.input_fields:
            return f'"{definition.name}" has no field "{name}"'
    for name, field in definition.input_fields.items():
        if name in value:
            problem = value_problem(value[name], field.type, types)
            if problem:
                return problem
        elif field.is_required:
            return f'"{definition.name}" needs a value for "{name}"'
    return None


def _fits_standard_scalar(value: Value, name: str) -> bool:
    is_int = isinstance(value, int) and not isinstance(value, bool)
    is_string = isinstance(value, str) and not isinstance(value, EnumText | FloatText)
    match name:
        case "Int":
            return is_int and -_MAX_INT <= value < _MAX_INT
        case "Float":
            return is_int or isinstance(value, FloatText)
        case "String":
            return is_string
        case "Boolean":
            return isinstance(value, bool)
        case "ID":
            return is_int or is_string
        case _:
            return True
