"""Rules about how an API schema is written; each is one function, off until it is given a level."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    DEFAULT_DEPRECATION_REASON,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema

_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_CAMEL = re.compile(r"[a-z][A-Za-z0-9]*")
_UPPER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
_LEVELS = ("error", "warning", "off")
_PAGE_ARGUMENTS = frozenset({"first", "last", "limit", "take"})


@dataclass(frozen=True, slots=True)
class LintFinding:
    rule: str
    level: str
    coordinate: str
    message: str


def lint(
    schema: GraphQLSchema, levels: Mapping[str, str], sized: frozenset[str] = frozenset()
) -> list[LintFinding]:
    """Run the rules that have a level.

    Args:
        schema: An API schema.
        levels: Rule name to "error", "warning" or "off".
        sized: Fields with @listSize, which the API schema does not show.

    Raises:
        CheckInputError: A rule or level is unknown.
    """
    findings: list[LintFinding] = []
    for rule, level in levels.items():
        if rule not in RULES or level not in _LEVELS:
            known = ", ".join(RULES)
            msg = (
                f"lint: {rule}: {level} is not a rule ({known}) with a level ({', '.join(_LEVELS)})"
            )
            raise CheckInputError(msg)
        if level != "off":
            findings += [
                LintFinding(rule, level, coordinate, message)
                for coordinate, message in RULES[rule](schema)
                if not (rule == "bounded-lists" and coordinate in sized)
            ]
    return findings


def names(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Types in PascalCase, fields and arguments in camelCase, enum values in UPPER_CASE."""
    for coordinate, name, pattern, form in _named(schema):
        if not pattern.fullmatch(name):
            yield coordinate, f"{coordinate} is not in {form}."


def root_descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Every field of Query, Mutation and Subscription says what it does."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    for coordinate, _, field in _fields_of(*roots):
        if not field.description:
            yield coordinate, f"{coordinate} has no description."


def deprecation_reasons(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Whoever deprecates says what to use instead."""
    for coordinate, _, field in _fields(schema):
        if _is_bare(field.deprecation_reason):
            yield coordinate, f"{coordinate} is deprecated without a reason."
    for type_ in _own_types(schema):
        if isinstance(type_, GraphQLEnumType):
            for name, value in type_.values.items():
                if _is_bare(value.deprecation_reason):
                    coordinate = f"{type_.name}.{name}"
                    yield coordinate, f"{coordinate} is deprecated without a reason."


def bounded_lists(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """A list of objects takes a page size, or stands inside a page, a payload or an error."""
    for coordinate, _, field in _fields(schema):
        holder = coordinate.split(".")[0]
        if holder.endswith(("Connection", "Page", "Payload")):
            continue
        is_object_list = is_list_type(get_nullable_type(field.type)) and is_composite_type(
            get_named_type(field.type)
        )
        if is_object_list and not _PAGE_ARGUMENTS & field.args.keys():
            yield coordinate, f"{coordinate} is a list of any length: take `first`, or @listSize."


def nullable_roots(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Root fields are nullable: one that fails must not take the others' answers with it."""
    for coordinate, _, field in _fields_of(schema.query_type, schema.mutation_type):
        if is_non_null_type(field.type):
            yield coordinate, f"{coordinate} is non-null: one failure would hide other answers."


def mutation_shape(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """A mutation takes one argument `input`, or none, and returns a payload of its own."""
    for coordinate, name, field in _fields_of(schema.mutation_type):
        if field.args.keys() - {"input"}:
            yield coordinate, f"{coordinate} takes more than one argument `input`."
        expected = f"{name[0].upper()}{name[1:]}Payload"
        if get_named_type(field.type).name != expected:
            yield coordinate, f"{coordinate} does not return {expected}."


RULES: Mapping[str, Callable[[GraphQLSchema], Iterator[tuple[str, str]]]] = {
    "names": names,
    "root-descriptions": root_descriptions,
    "deprecation-reasons": deprecation_reasons,
    "bounded-lists": bounded_lists,
    "nullable-roots": nullable_roots,
    "mutation-shape": mutation_shape,
}


def _own_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    yield from (t for t in schema.type_map.values() if not t.name.startswith("__"))


def _fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    yield from _fields_of(*_own_types(schema))


def _fields_of(*types: GraphQLNamedType | None) -> Iterator[tuple[str, str, GraphQLField]]:
    for type_ in types:
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", name, field


def _named(schema: GraphQLSchema) -> Iterator[tuple[str, str, re.Pattern[str], str]]:
    """Coordinate, name, pattern and form of everything that has a name."""
    for type_ in _own_types(schema):
        yield type_.name, type_.name, _PASCAL, "PascalCase"
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{type_.name}.{n}", n, _UPPER, "UPPER_CASE") for n in type_.values)
        if isinstance(type_, GraphQLInputObjectType):
            yield from ((f"{type_.name}.{n}", n, _CAMEL, "camelCase") for n in type_.fields)
    for coordinate, name, field in _fields(schema):
        yield coordinate, name, _CAMEL, "camelCase"
        yield from ((f"{coordinate}({n}:)", n, _CAMEL, "camelCase") for n in field.args)


def _is_bare(reason: str | None) -> bool:
    return reason is not None and reason.strip() in ("", DEFAULT_DEPRECATION_REASON)
