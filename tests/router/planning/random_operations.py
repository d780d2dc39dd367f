"""Random operations on a schema: nested, aliased, with fragments, conditions and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
)

if TYPE_CHECKING:
    from random import Random

_VARIABLES = ("yes", "no")


def random_operation(schema: GraphQLSchema, random: Random) -> str:
    """A valid query; it may use the variables of `VARIABLES`."""
    body = _Writer(schema, random).selections(schema.query_type, 0)
    declared = ", ".join(f"${name}: Boolean!" for name in _VARIABLES if f"${name}" in body)
    return f"query ({declared}) {body}" if declared else f"query {body}"


def variables_of(operation: str) -> dict[str, Any]:
    return {name: name == "yes" for name in _VARIABLES if f"${name}:" in operation}


class _Writer:
    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._aliases = 0

    def selections(self, parent: Any, depth: int) -> str:
        random = self._random
        parts = []
        if not isinstance(parent, GraphQLUnionType):
            parts += self._fields(parent, depth)
        if isinstance(parent, GraphQLUnionType | GraphQLInterfaceType):
            parts += self._fragments(parent, depth)
        elif random.random() < 0.15 and depth:
            parts.append(f"... on {parent.name}{self._condition(0.5)} {self.selections(parent, 9)}")
        if depth and (not parts or random.random() < 0.2):
            alias = f"t{self._aliases}: " if random.random() < 0.3 else ""
            parts.append(f"{alias}__typename")
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def _fields(self, parent: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> list[str]:
        random = self._random
        names = [name for name in parent.fields if not name.startswith("_")]
        parts = []
        for name in random.sample(names, random.randint(1, min(len(names), 4)) if names else 0):
            field = parent.fields[name]
            named = get_named_type(field.type)
            argument = ""
            if field.args and random.random() < 0.7:
                argument = f"(n: {random.randint(1, 2)})"
            alias = ""
            if argument or random.random() < 0.2:
                self._aliases += 1
                alias = f"x{self._aliases}: "
            head = f"{alias}{name}{argument}{self._condition(0.12)}"
            if not is_composite_type(named):
                parts.append(head)
            elif depth < 4:
                parts.append(f"{head} {self.selections(named, depth + 1)}")
        return parts

    def _fragments(self, parent: GraphQLInterfaceType | GraphQLUnionType, depth: int) -> list[str]:
        parts = []
        for member in self._schema.get_possible_types(parent):
            if self._random.random() < 0.6 and depth < 5:
                inner = self.selections(member, depth + 1)
                parts.append(f"... on {member.name}{self._condition(0.15)} {inner}")
        return parts

    def _condition(self, chance: float) -> str:
        if self._random.random() > chance:
            return ""
        directive = self._random.choice(("include", "skip"))
        return f" @{directive}(if: ${self._random.choice(_VARIABLES)})"
