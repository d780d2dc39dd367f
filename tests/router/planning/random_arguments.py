"""Arguments of random graphs: what every subgraph takes, and random values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_argument,
    is_required_input_field,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

ARGUMENTS = "(n: Int, size: Int = 3, kind: Kind, where: Where, tags: [String!], any: Any)"
TYPES = """
enum Kind { PLAIN FANCY }
input Where { code: Int! = 1  kind: Kind = FANCY  either: [Where!] }
scalar Any
"""


class RandomArguments:
    """Writes arguments into an operation; some of their values are variables.

    Attributes:
        declared: Definitions of the variables, in order.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self.declared: list[str] = []

    def write(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        chosen = [
            name
            for name, each in arguments.items()
            if is_required_argument(each) or self._random.random() < 0.3
        ]
        parts = [f"{name}: {self._value(arguments[name].type)}" for name in chosen]
        return f"({', '.join(parts)})" if parts else ""

    def _value(self, type_: GraphQLInputType) -> str:
        if self._random.random() < 0.25:
            name = f"v{len(self.declared)}" if self.declared else "representations"
            default = ""
            if not isinstance(type_, GraphQLNonNull) and self._random.random() < 0.3:
                default = f" = {_literal(random_value(type_, self._random), type_)}"
            self.declared.append(f"${name}: {type_}{default}")
            return f"${name}"
        return _write(type_, self._random, self._value)


def _write(
    type_: GraphQLInputType, random: Random, inner: Callable[[GraphQLInputType], str]
) -> str:
    """A literal whose items and fields are written by `inner`."""
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    elif random.random() < 0.1:
        return "null"
    if isinstance(type_, GraphQLList):
        return f"[{', '.join(inner(type_.of_type) for _ in range(random.randint(0, 2)))}]"
    if isinstance(type_, GraphQLInputObjectType):
        names = _chosen_fields(type_, random)
        return f"{{{', '.join(f'{name}: {inner(type_.fields[name].type)}' for name in names)}}}"
    return _literal(random_value(GraphQLNonNull(type_), random), type_)


def _literal(value: Any, type_: GraphQLInputType) -> str:
    """A JSON value as the specification writes it."""
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    if isinstance(value, dict):
        fields = type_.fields if isinstance(type_, GraphQLInputObjectType) else {}
        parts = [
            f"{key}: {_literal(item, fields[key].type if key in fields else type_)}"
            for key, item in value.items()
        ]
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        below = type_.of_type if isinstance(type_, GraphQLList) else type_
        return f"[{', '.join(_literal(item, below) for item in value)}]"
    if isinstance(type_, GraphQLEnumType) and value is not None:
        return str(value)
    return json.dumps(value)


def random_value(type_: GraphQLInputType, random: Random) -> Any:
    """A value of the type as JSON has it."""
    if isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    elif random.random() < 0.15:
        return None
    if isinstance(type_, GraphQLList):
        return [random_value(type_.of_type, random) for _ in range(random.randint(0, 2))]
    if isinstance(type_, GraphQLInputObjectType):
        names = _chosen_fields(type_, random)
        return {name: random_value(type_.fields[name].type, random) for name in names}
    if isinstance(type_, GraphQLEnumType):
        return random.choice(list(type_.values))
    simple = {
        "Int": (1, 2),
        "Float": (1.5, 2),
        "ID": ("1", "x"),
        "String": ("t", 'é"\\\n'),
        "Boolean": (True, False),
    }
    anything: tuple[Any, ...] = (1.5, "x", {"deep": [None, True]}, [])
    return random.choice(simple.get(str(type_), anything))


def _chosen_fields(type_: GraphQLInputObjectType, random: Random) -> list[str]:
    return [
        name
        for name, each in type_.fields.items()
        if is_required_input_field(each) or random.random() < 0.4
    ]
