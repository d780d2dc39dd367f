"""Leaves of the answer: what the client's types allow, strictly and with coercion.

A decoder checks the strict types at no cost. Where it refuses an answer, the leaves are coerced one
by one: what the type rules out becomes `Wrong`, and a field error.

Source: GraphQL specification, "Result Coercion" of each built-in scalar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLOutputType,
)
from msgspec import Meta

from router.execution.tree import Wrong

if TYPE_CHECKING:
    from router.execution.generated import FunctionCode
    from router.execution.json_value import JsonValue

MIN_INT, MAX_INT = -(2**31), 2**31 - 1

_STRICT: dict[str, Any] = {
    "Int": Annotated[int, Meta(ge=MIN_INT, le=MAX_INT)],
    "Float": int | float,
    "String": str,
    "Boolean": bool,
    "ID": str,
}
_ANY_NOT_NULL = str | int | float | bool | list[Any] | dict[str, Any]
"""A custom scalar: any JSON, passed on as it is."""

Coerce = Callable[[Any], Any]
"""A value that is not null in; the value for the client out, None, or `Wrong`."""


def strict_type(named: GraphQLNamedType) -> Any:  # noqa: ANN401 - a type form
    """The type that a decoder checks; without null."""
    if isinstance(named, GraphQLEnumType):
        return Literal[tuple(sorted(named.values))]
    return _STRICT.get(named.name, _ANY_NOT_NULL)


def coercion(named: GraphQLNamedType) -> Coerce:
    """The function that coerces a leaf."""
    if isinstance(named, GraphQLEnumType):
        values = frozenset(named.values)
        return lambda value: _enum_value(value, values)
    return _COERCIONS.get(named.name, lambda value: value)


def is_right(code: FunctionCode, local: str, declared: GraphQLOutputType) -> str | None:
    """The expression that tells whether a leaf is the client's as it is; None for a list."""
    if not isinstance(declared, GraphQLNonNull):
        required = is_right(code, local, GraphQLNonNull(declared))
        return required and f"({local} is None or {required})"
    named = declared.of_type
    if isinstance(named, GraphQLList):
        return None
    if isinstance(named, GraphQLEnumType):
        return f"({local}.__class__ is str and {local} in {code.value(frozenset(named.values))})"
    if named.name == "Int":
        return f"({local}.__class__ is int and {MIN_INT} <= {local} <= {MAX_INT})"
    classes = _CLASSES.get(named.name, (str, int, float, bool, list, dict))
    return f"({local}.__class__ in {code.value(classes)})"


def _enum_value(value: JsonValue, values: frozenset[str]) -> JsonValue:
    """Null for a value that clients cannot see: it may be one that is `@inaccessible`."""
    if value.__class__ is not str:
        return Wrong("is not a value of an enum")
    return value if value in values else None


def _int(value: JsonValue) -> JsonValue:
    if value.__class__ is float and value.is_integer():
        value = int(value)
    if value.__class__ is int and MIN_INT <= value <= MAX_INT:
        return value
    return Wrong("is not an Int")


def _id(value: JsonValue) -> JsonValue:
    if value.__class__ is str:
        return value
    return str(value) if value.__class__ is int else Wrong("is not an ID")


def _only(classes: tuple[type, ...], problem: str) -> Coerce:
    return lambda value: value if value.__class__ in classes else Wrong(problem)


_CLASSES: dict[str, tuple[type, ...]] = {
    "Float": (int, float),
    "String": (str,),
    "Boolean": (bool,),
    "ID": (str,),
}
_COERCIONS: dict[str, Coerce] = {
    "Int": _int,
    "Float": _only((int, float), "is not a Float"),
    "String": _only((str,), "is not a String"),
    "Boolean": _only((bool,), "is not a Boolean"),
    "ID": _id,
}
