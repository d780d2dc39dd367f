"""Execute random graphs: each subgraph by itself, and all of them as one schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    execute_sync,
    parse,
)

from router.execution import SubgraphRequest, SubgraphResponse
from tests.router.planning.random_arguments import mark_of, marked
from tests.router.planning.served_schema import served_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.router.planning.random_graphs import JsonObject, RandomField, RandomGraph


Ledger = list[str]
"""Names of the mutations that ran, in order; each changes what those after it answer."""


class Objects:
    """Values of one graph's fields, from the store."""

    def __init__(self, graph: RandomGraph) -> None:
        self.graph = graph

    def value(self, record: JsonObject, name: str, arguments: JsonObject) -> Any:
        """The value as the whole graph knows it."""
        type_name = record.get("__typename", "Query")
        item = self.graph.types.get(type_name)
        each = item.fields.get(name) if item is not None else None
        if each is not None and each.requires:
            (text,) = each.requires.values()
            return self.computed(name, self.required(record, text))
        return self.plain(record, name, arguments)

    def plain(self, record: JsonObject, name: str, arguments: JsonObject) -> Any:
        if (record.get("id"), name) in self.graph.failing:
            msg = f"{record['id']}.{name} fails"
            raise GraphQLError(msg)
        return self._follow(marked(record.get(name), mark_of(arguments)))

    def mutated(self, name: str, arguments: JsonObject, ledger: Ledger) -> Any:
        ledger.append(name)
        value = marked(self.graph.objects["Mutation"][0].get(name), mark_of(arguments))
        return self._follow(marked(value, str(len(ledger))))

    def computed(self, name: str, required: Any) -> str:
        return f"{name} of {json.dumps(required, sort_keys=True)}"

    def required(self, record: JsonObject, text: str) -> JsonObject:
        """What a representation carries for a field set: its selection, copied."""
        operation: Any = parse(f"{{{text}}}").definitions[0]
        return self._copied(record, operation.selection_set)

    def _copied(self, record: JsonObject, selection_set: Any) -> JsonObject:
        copied: JsonObject = {}
        for node in selection_set.selections:
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is not None and condition.name.value == record["__typename"]:
                    copied |= self._copied(record, node.selection_set)
                continue
            arguments = {item.name.value: int(item.value.value) for item in node.arguments or ()}
            value = self.value(record, node.name.value, arguments)
            copied[node.name.value] = self._copied_value(value, node.selection_set)
        return copied

    def _copied_value(self, value: Any, selection_set: Any) -> Any:
        if isinstance(value, list):
            return [self._copied_value(item, selection_set) for item in value]
        if value is None or selection_set is None:
            return value
        return self._copied(value, selection_set)

    def _follow(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._follow(item) for item in value]
        if isinstance(value, tuple):
            _, type_name, index = value
            return self.graph.objects[type_name][index]
        return value


class Truth:
    """The whole graph as one schema."""

    def __init__(self, graph: RandomGraph, schema: GraphQLSchema) -> None:
        self._objects = Objects(graph)
        self._schema = schema
        self._graph = graph
        self._root = graph.objects["Query"][0]
        self._ledger: Ledger = []

    def answer(self, operation: str, variables: JsonObject, ledger: Ledger) -> Any:
        self._ledger = ledger
        result = self.run(operation, variables)
        assert not result.errors, result.errors
        return result.data

    def run(self, operation: str, variables: JsonObject) -> ExecutionResult:
        return execute_sync(
            self._schema,
            parse(operation),
            root_value=self._root,
            variable_values=variables,
            field_resolver=self._resolve,
        )

    def _resolve(
        self, record: JsonObject, info: GraphQLResolveInfo[Any], /, **arguments: Any
    ) -> Any:
        name = info.field_name
        if info.parent_type.name == "Mutation":
            return _below(self._objects.mutated(name, arguments, self._ledger), record)
        item = self._graph.types.get(info.parent_type.name)
        each = item.fields.get(name) if item is not None else None
        if each is not None and each.context is not None:
            return self._objects.computed(name, self._from_above(record))
        return _below(self._objects.value(record, name, arguments), record)

    def _from_above(self, record: JsonObject) -> Any:
        """What the nearest object above hands down."""
        at = record.get(ABOVE)
        while at is not None:
            leaf = self._graph.context_leaves.get(at.get("__typename", "Query"))
            if leaf is not None:
                return self._objects.value(at, leaf, {})
            at = at.get(ABOVE)
        msg = f"nothing above {record['id']} sets the context"
        raise AssertionError(msg)


ABOVE = "__above"


def _below(value: Any, record: JsonObject) -> Any:
    """The value, its objects knowing the object they are reached from."""
    if isinstance(value, list):
        return [_below(item, record) for item in value]
    return {**value, ABOVE: record} if isinstance(value, dict) else value


class RandomSubgraph:
    """One subgraph; a `SubgraphClient`.

    Attributes:
        requests: What it was asked.
        labels: Override labels that hold.
        ledger: Takes the mutations that run here.
    """

    def __init__(self, graph: RandomGraph, name: str) -> None:
        self.labels: frozenset[str] = frozenset()
        self.ledger: Ledger = []
        self.requests: list[tuple[str, JsonObject]] = []
        self.schema = served_schema(graph.sdl(name))
        self._graph = graph
        self._name = name
        self._objects = Objects(graph)

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append((request.operation, request.variables))
        document = parse(request.operation)
        result = execute_sync(
            self.schema,
            document,
            root_value=_Known(self._graph.objects["Query"][0], {}, frozenset()),
            variable_values=request.variables,
            field_resolver=self._resolve,
            type_resolver=_type_of,
        )
        answer: JsonObject = {"data": result.data}
        if result.errors:
            allowed = [isinstance(error.original_error, GraphQLError) for error in result.errors]
            assert all(allowed), (request.operation, request.variables, result.errors)
            answer["errors"] = [error.formatted for error in result.errors]
        return SubgraphResponse(200, json.dumps(answer).encode())

    async def aclose(self) -> None:
        pass

    def _resolve(self, known: _Known, info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
        name = info.field_name
        if info.parent_type.name == "Mutation":
            return _known(self._objects.mutated(name, arguments, self.ledger), "", {}, name)
        if name == "_entities":
            return [self._entity(item) for item in arguments["representations"]]
        parent = info.parent_type.name
        value = self._read(known, parent, name, arguments)
        item = self._graph.types.get(parent)
        each = self._graph.roots.get(name) if parent == "Query" else None
        if item is not None:
            each = item.fields.get(name)
        text = each.provides.get(self._name, "") if each is not None else ""
        return _known(value, text, known.representation, name)

    def _read(self, known: _Known, parent: str, name: str, arguments: JsonObject) -> Any:
        item = self._graph.types.get(parent)
        if item is None and name == "extra2":
            return self._objects.computed(name, {"label": known.representation["label"]})
        if item is None and name == "label" and parent in self._graph.interface_objects:
            msg = f"{self._name} does not resolve {parent}.{name}"
            raise AssertionError(msg)
        if item is not None:
            each = item.fields[name]
            if each.context is not None:
                return self._objects.computed(name, arguments["arg"])
            if self._name in each.requires:
                required = {
                    key: known.representation[key] for key in _top(each.requires[self._name])
                }
                return self._objects.computed(name, _without_typename(required))
            declares = name not in item.external.get(self._name, ())
            if declares and each.overridden_in is not None and not self._is_asked(each):
                msg = f"{self._name} was asked for the overridden {parent}.{name}"
                raise AssertionError(msg)
            outside = name in item.external.get(self._name, ())
            if outside and name not in known.provided and name not in known.representation:
                msg = f"{self._name} does not resolve {parent}.{name}"
                raise AssertionError(msg)
            if outside and name not in known.provided:
                return known.representation[name]
        return self._objects.plain(known.record, name, arguments)

    def _is_asked(self, each: RandomField) -> bool:
        """Whether an overridden field is this subgraph's with the labels that hold."""
        is_moved = each.label is None or each.label in self.labels
        return self._name == (each.owners[0] if is_moved else each.overridden_in)

    def _is_key_of(self, record: JsonObject, representation: JsonObject) -> bool:
        keys = [key for key in ("id", "sku", "ref") if key in representation]
        values = {key: record[key] for key in keys}
        if "ref" in values:
            whole = self._graph.objects["Ref"][values["ref"][2]]
            values["ref"] = {key: whole[key] for key in representation["ref"] if key in whole}
        return bool(keys) and values == {key: representation[key] for key in keys}

    def _entity(self, representation: JsonObject) -> _Known | None:
        type_name = representation["__typename"]
        names = self._graph.members(type_name)
        for name in names:
            for record in self._graph.objects[name]:
                if self._is_key_of(record, representation):
                    return _Known(record, representation, frozenset(), type_name)
        msg = f"{self._name} got {representation}"
        raise AssertionError(msg)


class _Known:
    """A record as a subgraph holds it: with what was provided or sent along."""

    __slots__ = ("provided", "record", "representation", "type_name")

    def __init__(
        self,
        record: JsonObject,
        representation: JsonObject,
        provided: frozenset[str],
        type_name: str | None = None,
    ) -> None:
        self.record = record
        self.representation = representation
        self.provided = provided
        self.type_name = type_name


def _known(value: Any, provides: str, representation: JsonObject, name: str) -> Any:
    if isinstance(value, list):
        return [_known(item, provides, {}, name) for item in value]
    if isinstance(value, dict):
        nested = representation.get(name)
        provided = frozenset(_provided(provides, value.get("__typename", "Query")))
        return _Known(value, nested if isinstance(nested, dict) else {}, provided)
    return value


def _provided(text: str, type_name: str) -> Iterator[str]:
    """Names of the fields that a field set provides to objects of a type."""
    if "..." not in text:
        yield from text.split()
    for part in text.split("... on ")[1:]:
        member, names = part.rstrip(" }").split(" { ")
        if member == type_name:
            yield from names.split()


def _type_of(known: _Known, info: GraphQLResolveInfo[Any], abstract: Any) -> str:
    if isinstance(abstract, GraphQLUnionType) and abstract.name == "_Entity":
        type_name = known.type_name or ""
        declared = info.schema.get_type(type_name)
        if declared in abstract.types:
            return type_name
    return str(known.record["__typename"])


def _top(text: str) -> list[str]:
    operation: Any = parse(f"{{{text}}}").definitions[0]
    return [node.name.value for node in operation.selection_set.selections]


def _without_typename(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_typename(item) for key, item in value.items() if key != "__typename"}
    if isinstance(value, list):
        return [_without_typename(item) for item in value]
    return value
