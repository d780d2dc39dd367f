"""A world: objects for any federated graph, made from the SDL of its subgraphs.

Every value follows from its object, field and arguments, so all subgraphs tell the same. What a
@requires or a @context hands over is part of it: a plan that forgets to send something, or sends
the wrong thing, shows in the answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any
from zlib import crc32

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    parse,
    value_from_ast_untyped,
)

from tests.router.planning.served_schema import served_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

JsonObject = dict[str, Any]

ENTITIES = 4
"""Objects of each entity type."""

_HIDDEN = {"fromContext", "inaccessible"}
"""Directives of arguments that clients do not see."""

MAX_NESTING = 40
"""Fields that lead to an object of no entity type; what is nullable below them is null."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object.

    Attributes:
        key: Tells it from the others of its type.
        above: The object it was reached from.
    """

    type: str
    key: str = ""
    above: Thing | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Declared:
    """A field as one subgraph declares it.

    Attributes:
        directives: By name, the arguments of each use.
        arguments: By name, their directives.
        defaults: Of arguments that have one.
    """

    subgraph: str
    type: Any
    directives: Mapping[str, Sequence[JsonObject]]
    arguments: Mapping[str, Mapping[str, Sequence[JsonObject]]]
    defaults: JsonObject
    is_external: bool


class World:
    """All objects of a graph.

    Attributes:
        schemas: By subgraph.
        labels: Override labels that hold.
        failing: (type, field) that cannot be told of some objects.
    """

    def __init__(self, sdl: Mapping[str, str], seed: int = 0) -> None:
        self.schemas = {name: served_schema(text) for name, text in sdl.items()}
        self.labels: frozenset[str] = frozenset()
        self.failing: set[tuple[str, str]] = set()
        self._seed = seed
        self._entities = set()
        self._key_fields = set()
        self.members = cache(self._members)
        self.declared = cache(self._declared)
        self._keys_of_things = cache(self._all_keys)
        for schema in self.schemas.values():
            for name, item in schema.type_map.items():
                for key in keys_of(schema, name):
                    self._entities.add(name)
                    self._key_fields |= set(self._fields_in(schema, item, selection(key["fields"])))
        self._declarations: dict[tuple[str, str], list[Declared]] = {}
        for subgraph, schema in self.schemas.items():
            for item in schema.type_map.values():
                if isinstance(item, GraphQLObjectType) and not item.name.startswith("__"):
                    for member in self.members(item.name, None):
                        for name in item.fields:
                            found = self._declarations.setdefault((member, name), [])
                            found.append(self.declared(subgraph, item.name, name))

    # What the subgraphs declare

    def _members(self, type_name: str, subgraph: str | None) -> list[str]:
        """Object types that a value of a type may be: in one subgraph, or in any."""
        names = set()
        for name, schema in self.schemas.items():
            item = schema.type_map.get(type_name)
            if item is None or subgraph not in (None, name):
                continue
            if is_abstract_type(item):
                names |= {member.name for member in schema.get_possible_types(item)}
            elif "interfaceObject" not in directives_of(item):
                names.add(type_name)
            elif subgraph is not None:
                return self.members(type_name, None)
        return sorted(names)

    def _declared(self, subgraph: str, type_name: str, name: str) -> Declared:
        item: Any = self.schemas[subgraph].type_map[type_name]
        found = item.fields[name]
        directives = directives_of(found)
        return Declared(
            subgraph,
            found.type,
            directives,
            {key: directives_of(argument) for key, argument in found.args.items()},
            {
                key: value_from_ast_untyped(argument.ast_node.default_value)
                for key, argument in found.args.items()
                if argument.ast_node.default_value is not None
            },
            "external" in directives or "external" in directives_of(item),
        )

    def is_key_field(self, type_name: str, name: str) -> bool:
        return (type_name, name) in self._key_fields

    def _fields_in(
        self, schema: GraphQLSchema, parent: Any, node: Any
    ) -> Iterator[tuple[str, str]]:
        """All fields in a key, of each object type that has it."""
        for each in node.selections:
            if not isinstance(each, FieldNode):
                declared = schema.type_map[each.type_condition.name.value]
                yield from self._fields_in(schema, declared, each.selection_set)
                continue
            for member in self.members(parent.name, None):
                yield member, each.name.value
            if each.selection_set is not None:
                below = get_named_type(parent.fields[each.name.value].type)
                yield from self._fields_in(schema, below, each.selection_set)

    def fields(self) -> Iterable[tuple[str, str]]:
        """All fields of object types."""
        return self._declarations.keys()

    def is_asked(self, type_name: str, name: str, declared: Declared) -> bool:
        """Whether a field is this subgraph's, with the override labels that hold."""
        for other in self._declarations[type_name, name]:
            for used in other.directives.get("override", ()):
                if used["from"] not in self.schemas:
                    continue
                is_moved = used.get("label") is None or used["label"] in self.labels
                if (used["from"] == declared.subgraph) if is_moved else (other is declared):
                    return False
        return True

    # Values

    def value(self, thing: Thing, name: str, mark: str = "") -> Any:
        """What a field is, if everything it depends on is as in the mark; a thing for an object."""
        every = self._declarations[thing.type, name]
        declared = [item for item in every if not item.is_external] or every
        path = f"{thing.type}-{thing.key}.{name}{mark}"
        if (thing.type, name) in self.failing and crc32(path.encode()) % 3 == 0:
            msg = f"{path} fails"
            raise GraphQLError(msg)
        is_key = self.is_key_field(thing.type, name)
        return self._of_type({item.subgraph: item.type for item in declared}, thing, path, is_key)

    def _of_type(self, types: Mapping[str, Any], thing: Thing, path: str, is_key: bool) -> Any:
        """A value that fits the type of every subgraph."""
        random = Random(f"{self._seed} {path}")
        is_deep = path.count(".") > MAX_NESTING
        is_required = is_key or any(isinstance(each, GraphQLNonNull) for each in types.values())
        if not is_required and (is_deep or random.random() < 0.12):
            return None
        types = {
            key: each.of_type if isinstance(each, GraphQLNonNull) else each
            for key, each in types.items()
        }
        first = next(iter(types.values()))
        if isinstance(first, GraphQLList):
            count = random.randint(1, 2) if is_key else 0 if is_deep else random.randint(0, 3)
            inner = {key: each.of_type for key, each in types.items()}
            return [
                self._of_type(inner, thing, f"{path}[{number}]", is_key) for number in range(count)
            ]
        if is_composite_type(first):
            return self._object(types, thing, path, random, is_key)
        return _leaf(list(types.values()), random, path)

    def _object(
        self, types: Mapping[str, Any], thing: Thing, path: str, random: Random, is_key: bool
    ) -> Thing:
        common = [set(self.members(each.name, subgraph)) for subgraph, each in types.items()]
        chosen = random.choice(sorted(set.intersection(*common)))
        if chosen == "Query":
            return Thing(chosen, above=thing)
        if self._entities.isdisjoint([chosen, *(each.name for each in types.values())]):
            return Thing(chosen, path, thing)
        # What is part of a key must not be the same for two objects.
        is_own = is_key and thing.key.isdigit()
        return Thing(chosen, thing.key if is_own else str(random.randrange(ENTITIES)), thing)

    # What values depend on

    def full(self, thing: Thing, name: str, arguments: JsonObject) -> Any:
        """What a field is, from everything that it depends on."""
        mark = self.mark(thing, name, arguments)
        for item in self._declarations[thing.type, name]:
            for used in item.directives.get("requires", ()):
                if self.is_asked(thing.type, name, item):
                    mark += printed(self.projected(thing, selection(used["fields"])))
            for each, directives in item.arguments.items():
                for used in directives.get("fromContext", ()):
                    mark += printed({each: self._from_above(thing, used["field"])})
        return self.value(thing, name, mark)

    def mark(self, thing: Thing, name: str, arguments: JsonObject) -> str:
        """Text that differs where arguments do: those of clients, which all subgraphs know."""
        declared = [item for item in self._declarations[thing.type, name] if not item.is_external]
        given = {
            key: value
            for key, value in arguments.items()
            if all(key in item.arguments for item in declared)
            and _HIDDEN.isdisjoint(name for item in declared for name in item.arguments[key])
        }
        return printed(given) if given else ""

    def projected(self, thing: Thing, node: Any) -> JsonObject:
        """What a representation carries for a selection set."""
        found: JsonObject = {}
        for each in node.selections:
            if not isinstance(each, FieldNode):
                if applies(self, each, thing):
                    _merge(found, self.projected(thing, each.selection_set))
            elif each.name.value != "__typename":
                arguments = dict(self._declarations[thing.type, each.name.value][0].defaults)
                arguments |= {
                    item.name.value: value_from_ast_untyped(item.value)
                    for item in each.arguments or ()
                }
                value = self.full(thing, each.name.value, arguments)
                _merge(found, {each.name.value: self._projected(value, each.selection_set)})
        return found

    def _projected(self, value: Any, node: Any) -> Any:
        if isinstance(value, list):
            return [self._projected(item, node) for item in value]
        return self.projected(value, node) if isinstance(value, Thing) else value

    def _from_above(self, thing: Thing, text: str) -> Any:
        """The value that the nearest object above hands down."""
        context, _, wanted = text.strip().removeprefix("$").partition(" ")
        above = thing.above
        while above is not None:
            if self._sets(above.type, context):
                value: Any = self.projected(above, selection(wanted))
                while isinstance(value, dict):
                    (value,) = value.values()
                return value
            above = above.above
        msg = f"nothing above {thing} sets {context}"
        raise AssertionError(msg)

    def _sets(self, type_name: str, context: str) -> bool:
        return any(
            used["name"] == context
            for schema in self.schemas.values()
            for item in schema.type_map.values()
            if type_name in self.members(item.name, None)
            for used in directives_of(item).get("context", ())
        )

    # Entities

    def find(self, subgraph: str, representation: JsonObject) -> Thing:
        """The entity that a representation holds a whole key of."""
        for key, thing in self._keys_of_things(subgraph, representation["__typename"]):
            if _holds(representation, key):
                return thing
        msg = f"{subgraph} knows nobody by {representation}"
        raise AssertionError(msg)

    def _all_keys(self, subgraph: str, type_name: str) -> list[tuple[JsonObject, Thing]]:
        return [
            (self.projected(thing, selection(key["fields"])), thing)
            for key in keys_of(self.schemas[subgraph], type_name)
            if key.get("resolvable", True)
            for member in self.members(type_name, subgraph)
            for thing in (Thing(member, str(number)) for number in range(ENTITIES))
        ]


def _leaf(types: Sequence[Any], random: Random, path: str) -> Any:
    if isinstance(types[0], GraphQLEnumType):
        return random.choice(
            [
                name
                for name in types[0].values
                if all(name in each.values for each in types)
                and not any("inaccessible" in directives_of(each.values[name]) for each in types)
            ]
        )
    number = crc32(path.encode()) % 2**31
    match types[0].name:
        case "Int":
            return number
        case "Float":
            return number + 0.5
        case "Boolean":
            return number % 2 == 0
        case _:
            return path


def _holds(sent: Any, key: Any) -> bool:
    if isinstance(key, dict):
        return isinstance(sent, dict) and all(
            name in sent and _holds(sent[name], value) for name, value in key.items()
        )
    if isinstance(key, list):
        return isinstance(sent, list) and len(sent) == len(key) and all(map(_holds, sent, key))
    return bool(sent == key)


def _merge(target: JsonObject, source: JsonObject) -> None:
    for key, value in source.items():
        known: Any = target.setdefault(key, value)
        pairs = zip(known, value, strict=True) if isinstance(value, list) else [(known, value)]
        for one, other in pairs:
            if isinstance(one, dict):
                _merge(one, other)


def applies(world: World, fragment: Any, thing: Thing) -> bool:
    condition = fragment.type_condition
    return condition is None or thing.type in world.members(condition.name.value, None)


def selection(text: str) -> Any:
    """The selection set of a field set."""
    text = text if text.lstrip().startswith("{") else f"{{{text}}}"
    operation: Any = parse(text, no_location=True).definitions[0]
    return operation.selection_set


def printed(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def keys_of(schema: GraphQLSchema, type_name: str) -> Sequence[JsonObject]:
    return directives_of(schema.type_map[type_name]).get("key", ())


def directives_of(item: Any) -> Mapping[str, Sequence[JsonObject]]:
    """The directives on a definition and its extensions, with the arguments of each use."""
    found: dict[str, list[JsonObject]] = {}
    for node in (item.ast_node, *getattr(item, "extension_ast_nodes", ())):
        for used in node.directives or () if node is not None else ():
            arguments = {
                each.name.value: value_from_ast_untyped(each.value) for each in used.arguments or ()
            }
            found.setdefault(used.name.value, []).append(arguments)
    return found
