"""Random operations on a schema: nested, aliased, with fragments, conditions and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    get_operation_ast,
    get_variable_values,
    is_composite_type,
    is_non_null_type,
    parse,
    type_from_ast,
)

from tests.router.planning.random_arguments import RandomArguments, random_value

if TYPE_CHECKING:
    from random import Random

_CONDITIONS = {"yes": "true", "no": "false", "maybe": "true"}
"""Boolean variables with their defaults."""

_TAKEN_ALIASES = ("id", "sku", "label", "f0", "f1", "k", "_id_0", "_0_id", "_entities")
"""Aliases that may meet a field of the same name, an alias of another field or of the router."""


def random_operation(schema: GraphQLSchema, random: Random) -> str:
    """A query or mutation that is usually valid; `variables_of` gives values to its variables."""
    writer = _Writer(schema, random)
    kind = "query"
    if schema.mutation_type is not None and random.random() < 0.15:
        kind = "mutation"
        body = writer.mutations(schema.mutation_type)
    else:
        body = writer.selections(schema.query_type, 0)
    conditions = [
        f"${name}: Boolean! = {_CONDITIONS[name]}" for name in _CONDITIONS if f"${name}" in body
    ]
    declared = ", ".join([*conditions, *writer.arguments.declared])
    fragments = " ".join(writer.fragments)
    return f"{kind} {f'({declared}) ' if declared else ''}{body} {fragments}".rstrip()


def variables_of(operation: str, schema: GraphQLSchema, random: Random) -> dict[str, Any]:
    """Coerced values for an operation's variables; some that may be left out are."""
    chosen = get_operation_ast(parse(operation))
    definitions = (chosen.variable_definitions if chosen is not None else None) or ()
    values: dict[str, Any] = {}
    for node in definitions:
        type_: Any = type_from_ast(schema, node.type)
        is_required = is_non_null_type(type_) and node.default_value is None
        if is_required or random.random() < 0.8:
            values[node.variable.name.value] = random_value(type_, random)
    coerced = get_variable_values(schema, definitions, values)
    assert not isinstance(coerced, list), coerced
    return coerced.coerced


class _Writer:
    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._aliases = 0
        self.arguments = RandomArguments(random)
        self.fragments: list[str] = []

    def mutations(self, parent: GraphQLObjectType) -> str:
        parts = []
        for number in range(self._random.randint(1, 4)):
            name = self._random.choice(list(parent.fields))
            named = get_named_type(parent.fields[name].type)
            below = f" {self.selections(named, 1)}" if is_composite_type(named) else ""
            argument = self.arguments.write(parent.fields[name].args)
            parts.append(f"y{number}: {name}{argument}{self._condition(0.1)}{below}")
        return "{ " + " ".join(parts) + " }"

    def selections(self, parent: Any, depth: int) -> str:
        random = self._random
        parts = []
        if not isinstance(parent, GraphQLUnionType):
            parts += self._fields(parent, depth)
        if isinstance(parent, GraphQLUnionType | GraphQLInterfaceType):
            parts += self._fragments(parent, depth)
        elif random.random() < 0.15 and depth:
            parts.append(f"... on {parent.name}{self._condition(0.5)} {self.selections(parent, 9)}")
        if not depth and random.random() < 0.05:
            parts.append('__type(name: "E0") { name fields { name type { kind } } }')
        if not parts or random.random() < 0.2:
            alias = random.choice(
                ("", "", f"t{self._aliases}: ", f"{random.choice(_TAKEN_ALIASES)}: ")
            )
            parts.append(f"{alias}__typename")
        return "{ " + " ".join(parts) + " }"

    def _fields(self, parent: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> list[str]:
        random = self._random
        names = [name for name in parent.fields if not name.startswith("_")]
        parts = []
        for name in random.sample(names, random.randint(1, min(len(names), 4)) if names else 0):
            field = parent.fields[name]
            named = get_named_type(field.type)
            argument = self.arguments.write(field.args)
            alias = ""
            if argument or random.random() < 0.2:
                self._aliases += 1
                alias = f"x{self._aliases}: "
            if random.random() < 0.08:
                alias = f"{random.choice(_TAKEN_ALIASES)}: "
            head = f"{alias}{name}{argument}{self._condition(0.12)}"
            if not is_composite_type(named):
                parts.append(head)
            elif depth < 4:
                parts.append(f"{head} {self.selections(named, depth + 1)}")
        return parts

    def _fragments(self, parent: GraphQLInterfaceType | GraphQLUnionType, depth: int) -> list[str]:
        parts = []
        members = self._schema.get_possible_types(parent)
        for member in members:
            if self._random.random() < 0.6 and depth < 5:
                inner = self.selections(member, depth + 1)
                parts.append(self._fragment(member.name, inner))
        for other in self._schema.type_map.values():
            if not isinstance(other, GraphQLInterfaceType | GraphQLUnionType) or depth > 3:
                continue
            common = set(members) & set(self._schema.get_possible_types(other))
            if common and self._random.random() < 0.2:
                parts.append(self._fragment(other.name, self.selections(other, depth + 2)))
        return parts

    def _fragment(self, type_name: str, inner: str) -> str:
        if self._random.random() < 0.8:
            return f"... on {type_name}{self._condition(0.15)} {inner}"
        known = [
            number for number, text in enumerate(self.fragments) if f" on {type_name} " in text
        ]
        number = len(self.fragments)
        if known and self._random.random() < 0.3:
            number = self._random.choice(known)
        else:
            self.fragments.append(f"fragment F{number} on {type_name} {inner}")
        name = f"F{number}"
        return f"...{name}{self._condition(0.15)}"

    def _condition(self, chance: float) -> str:
        if self._random.random() > chance:
            return ""
        words = ("include", "skip")
        directives = words if self._random.random() < 0.2 else (self._random.choice(words),)
        return "".join(
            f" @{word}(if: ${self._random.choice(list(_CONDITIONS))})" for word in directives
        )
