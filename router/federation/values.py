"""Constant values of SDL as plain Python values.

String  -> str          Int     -> int       Boolean -> bool      null -> None
Float   -> FloatText    Enum    -> EnumText  List    -> list      Input object -> dict
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""One of the Python values above; the JSON border of composition."""


class EnumText(str):
    """An enum value, told apart from a string only by its class."""

    __slots__ = ()


class FloatText(str):
    """A float as it was written, so that printing gives it back unchanged."""

    __slots__ = ()


def print_value(value: Value) -> str:
    """The value as SDL."""
    if isinstance(value, EnumText | FloatText):
        return str(value)
    if value is None or isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(print_value(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {print_value(item)}" for key, item in value.items()) + "}"
    return str(value)


def same_value(left: Value, right: Value) -> bool:
    """Whether two values mean the same: kinds count, the order of object fields does not."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            same_value(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_value, left, right))
    return type(left) is type(right) and bool(left == right)
