"""Coerce variables: the client's JSON values to what the operation's variable types allow.

An operation's variable types are compiled once into one function per variable. The compiled
functions only say yes: at the first value they do not like, graphql-core coerces everything again
and words the errors.

Source: GraphQL specification, "Coercing Variable Values" and "Input Coercion".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    get_variable_values,
    type_from_ast,
)
from graphql.utilities import coerce_input_literal

from router.errors import ClientError, InvalidRequestError

Coerce = Callable[[dict[str, Any]], dict[str, Any]]
"""Raw variables in, coerced ones out. Raises ClientError: BAD_USER_INPUT."""

_Check = Callable[[Any], Any]

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE_TIME_URLS = (
    "https://scalars.graphql.org/andimarek/date-time",
    "https://scalars.graphql.org/chillicream/date-time",
)


_MAX_EXACT_INT = 2**53
"""Larger ones may lose digits as a float."""


class _DoubtError(Exception):
    """The fast path cannot vouch for a value."""


class _RefusedError(Exception):
    """A value that graphql-core would let pass breaks the scalar's specification.

    Attributes:
        path: Input fields that lead to the value, the innermost first.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str] = []


class _Variable(NamedTuple):
    """What a variable's values must be.

    Attributes:
        exact: Class of values that are right as they are; None: all have to be checked.
    """

    name: str
    exact: type | None
    check: _Check
    default: Any
    when_absent: Callable[[], None] | None


def compile_coercion(
    schema: GraphQLSchema, operation: OperationDefinitionNode, *, hide_suggestions: bool
) -> Coerce:
    """One function for all variables of a valid operation."""
    definitions = tuple(operation.variable_definitions or ())
    if not definitions:
        return _no_variables
    variables = _variables(schema, definitions)

    def coerce(raw: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        name = ""
        try:
            for name, exact, check, default, absent in variables:
                value = raw.get(name, Undefined)
                if value.__class__ is exact:  # most values: no call is needed
                    values[name] = value
                elif value is not Undefined:
                    values[name] = check(value)
                elif default is not Undefined:
                    values[name] = default
                elif absent is not None:
                    absent()
        except _RefusedError as error:
            place = f" at .{'.'.join(reversed(error.path))}" if error.path else ""
            msg = f"Variable '${name}' has invalid value{place}: {error}"
            raise ClientError(
                msg,
                code="BAD_USER_INPUT",
                extensions={"argument": name},
            ) from error
        except (_DoubtError, RecursionError):
            return _coerce_slowly(schema, operation, raw, hide_suggestions=hide_suggestions)
        return values

    return coerce


def _variables(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
) -> list[_Variable]:
    types = _Checks()
    variables: list[_Variable] = []
    for definition in definitions:
        declared = type_from_ast(schema, definition.type)
        if declared is None:  # validation has refused it
            raise AssertionError(definition.variable.name.value)
        default = Undefined
        if definition.default_value is not None:
            default = coerce_input_literal(definition.default_value, declared)  # type: ignore[arg-type]
        variables.append(
            _Variable(
                definition.variable.name.value,
                _EXACT.get(str(declared).rstrip("!")),
                types.of(declared),  # type: ignore[arg-type]
                default,
                _doubt if isinstance(declared, GraphQLNonNull) and default is Undefined else None,
            )
        )
    return variables


def _doubt() -> None:
    raise _DoubtError


def _no_variables(raw: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 (the signature of Coerce)
    return {}


def _coerce_slowly(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    raw: dict[str, Any],
    *,
    hide_suggestions: bool,
) -> dict[str, Any]:
    result = get_variable_values(
        schema,
        operation.variable_definitions or (),
        raw,
        max_errors=20,
        hide_suggestions=hide_suggestions,
    )
    if isinstance(result, list):
        raise InvalidRequestError([_refusal(error) for error in result])
    return dict(result.coerced)


def _refusal(error: Any) -> ClientError:  # noqa: ANN401 (graphql-core's error)
    found = re.search(r"\$(\w+)", error.message)
    # Without the whole input object, in which a password may stand, and in the client's words.
    message = re.sub(r", found: .*", ".", error.message, flags=re.DOTALL)
    message = re.sub(r" Found: .*", "", message, flags=re.DOTALL)  # after a suggestion
    message = re.sub(r"\bNone\.$", "null.", message)
    return ClientError(
        message,
        code="BAD_USER_INPUT",
        extensions={"argument": found.group(1)} if found else None,
        locations=[{"line": at.line, "column": at.column} for at in error.locations or ()],
    )


class _Checks:
    """Builds one check per type; input objects may refer to themselves."""

    def __init__(self) -> None:
        self._input_objects: dict[str, _Check] = {}

    def of(self, declared: GraphQLInputType) -> _Check:
        if isinstance(declared, GraphQLNonNull):
            return self._non_null(declared.of_type)
        check = self._non_null(declared)

        def nullable(value: Any) -> Any:  # noqa: ANN401
            return None if value is None else check(value)

        return nullable

    def _non_null(self, declared: GraphQLInputType) -> _Check:
        """A check for values that are not null; null is in doubt."""
        if isinstance(declared, GraphQLList):
            return _list_check(self.of(declared.of_type))
        if isinstance(declared, GraphQLInputObjectType):
            return self._input_object(declared)
        if isinstance(declared, GraphQLEnumType):
            return _enum_check(frozenset(declared.values))
        if isinstance(declared, GraphQLScalarType):
            return _scalar_check(declared)
        raise AssertionError(declared)

    def _input_object(self, declared: GraphQLInputObjectType) -> _Check:
        known = self._input_objects.get(declared.name)
        if known is not None:
            return known
        fields: dict[str, _Check] = {}
        required: list[str] = []
        defaults: dict[str, Any] = {}
        check = _input_object_check(declared, fields, required, defaults)
        self._input_objects[declared.name] = check
        for name, field in declared.fields.items():
            fields[name] = self.of(field.type)
            default = _default_of(field)
            if default is not Undefined:
                defaults[name] = default
            elif isinstance(field.type, GraphQLNonNull):
                required.append(name)
        return check


def _input_object_check(
    declared: GraphQLInputObjectType,
    fields: dict[str, _Check],
    required: list[str],
    defaults: dict[str, Any],
) -> _Check:
    """The check of an input object; what it is given may still be filled in afterwards."""

    def check(value: Any) -> Any:  # noqa: ANN401
        if type(value) is not dict:
            raise _DoubtError
        coerced = defaults.copy()
        name = ""
        try:
            for name, item in value.items():
                field = fields.get(name)
                if field is None:
                    raise _DoubtError
                coerced[name] = field(item)
        except _RefusedError as error:
            error.path.append(name)
            raise
        for name in required:
            if name not in coerced:
                raise _DoubtError
        if declared.is_one_of and (len(coerced) != 1 or None in coerced.values()):
            raise _DoubtError
        return coerced

    return check


def _default_of(field: GraphQLInputField) -> Any:  # noqa: ANN401
    if field.default is None:
        return Undefined
    if field.default.literal is None:
        return field.default.value
    return coerce_input_literal(field.default.literal, field.type)


def _list_check(check_item: _Check) -> _Check:
    def check(value: Any) -> Any:  # noqa: ANN401
        if type(value) is list:
            return [check_item(item) for item in value]
        if value is None:
            raise _DoubtError
        return [check_item(value)]

    return check


def _enum_check(values: frozenset[str]) -> _Check:
    def check(value: Any) -> Any:  # noqa: ANN401
        if type(value) is str and value in values:
            return value
        raise _DoubtError

    return check


def _scalar_check(declared: GraphQLScalarType) -> _Check:
    known = _BUILT_IN.get(declared.name)
    if known is not None:
        return known
    if (declared.specified_by_url or "").removesuffix(".html") in _DATE_TIME_URLS:
        return _date_time
    return _any_value


def _int(value: Any) -> Any:  # noqa: ANN401
    if type(value) is int and -(2**31) <= value < 2**31:
        return value
    raise _DoubtError


def _float(value: Any) -> Any:  # noqa: ANN401
    if type(value) is float and isfinite(value):
        return value
    if type(value) is int and -_MAX_EXACT_INT <= value <= _MAX_EXACT_INT:
        return value
    raise _DoubtError


def _string(value: Any) -> Any:  # noqa: ANN401
    if type(value) is str:
        return value
    raise _DoubtError


def _boolean(value: Any) -> Any:  # noqa: ANN401
    if type(value) is bool:
        return value
    raise _DoubtError


def _any_value(value: Any) -> Any:  # noqa: ANN401
    if value is None:
        raise _DoubtError
    return value


def _date_time(value: Any) -> Any:  # noqa: ANN401
    if value is None:
        raise _DoubtError
    if type(value) is str and _RFC_3339.fullmatch(value):
        return value
    msg = "A DateTime is a text like 2026-11-21T10:15:30Z, with an offset."
    raise _RefusedError(msg)


_EXACT = {"String": str, "ID": str, "Boolean": bool}
_BUILT_IN: dict[str, _Check] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _string,
}
