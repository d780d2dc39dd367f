"""Ask a world: each subgraph by itself, and all of them as one schema.

A subgraph answers what its own schema lets it know: an external field only where it is provided, an
overridden one not at all. Asking it for more is a mistake of the plan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    parse,
)

from router.execution import SubgraphRequest, SubgraphResponse
from tests.router.planning.world import Thing, applies, printed, selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.router.planning.world import Declared, JsonObject, World

Ledger = list[str]
"""Names of the mutations that ran, in order; each changes what those after it answer."""


class Truth:
    """The whole graph as one schema."""

    def __init__(self, world: World, schema: GraphQLSchema) -> None:
        self._world = world
        self._schema = schema
        self._ledger: Ledger = []

    def answer(self, operation: str, variables: JsonObject, ledger: Ledger) -> Any:
        result = self.run(operation, variables, ledger)
        assert not result.errors, result.errors
        return result.data

    def run(self, operation: str, variables: JsonObject, ledger: Ledger) -> ExecutionResult:
        self._ledger = ledger
        return execute_sync(
            self._schema,
            parse(operation),
            root_value=Thing("Query"),
            variable_values=variables,
            field_resolver=self._resolve,
            type_resolver=lambda thing, *_: str(thing.type),
        )

    def _resolve(self, thing: Thing, info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
        if info.parent_type.name == "Mutation":
            return _mutated(self._world, info.field_name, arguments, self._ledger)
        return self._world.full(thing, info.field_name, arguments)


@dataclass(frozen=True, slots=True)
class Known:
    """A thing as a subgraph holds it.

    Attributes:
        provided: What the way here provides: selection sets.
        sent: The representation, or the part of it that stands for the thing.
    """

    thing: Thing
    provided: Sequence[Any] = ()
    sent: JsonObject = field(default_factory=dict)


class WorldSubgraph:
    """One subgraph; a `SubgraphClient`.

    Attributes:
        requests: What it was asked.
        ledger: Takes the mutations that run here.
        mistakes: What it should not have been asked.
    """

    def __init__(self, world: World, name: str) -> None:
        self.ledger: Ledger = []
        self.requests: list[tuple[str, JsonObject]] = []
        self.mistakes: list[GraphQLError] = []
        self.schema = world.schemas[name]
        self._world = world
        self._name = name

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        self.requests.append((request.operation, request.variables))
        result = execute_sync(
            self.schema,
            parse(request.operation),
            root_value=Known(Thing("Query")),
            variable_values=request.variables,
            field_resolver=self._resolve,
            type_resolver=self._type_of,
        )
        errors = result.errors or []
        self.mistakes += [
            error for error in errors if not isinstance(error.original_error, GraphQLError)
        ]
        answer: JsonObject = {"data": result.data}
        if errors:
            answer["errors"] = [error.formatted for error in errors]
        return SubgraphResponse(200, json.dumps(answer).encode())

    async def aclose(self) -> None:
        pass

    def _type_of(self, known: Known, _: Any, abstract: Any) -> str:
        asked = known.sent.get("__typename", "")
        if abstract.name == "_Entity" and isinstance(
            self.schema.type_map[asked], GraphQLObjectType
        ):
            return str(asked)
        return known.thing.type

    def _resolve(self, known: Known, info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
        name, parent = info.field_name, info.parent_type.name
        if name == "_entities":
            return [
                Known(self._world.find(self._name, item), (), item)
                for item in arguments["representations"]
            ]
        if parent == "Mutation":
            return _known(_mutated(self._world, name, arguments, self.ledger), (), None)
        declared = self._world.declared(self._name, parent, name)
        provided = list(self._provided(known, name))
        value = self._value(known, name, declared, arguments, is_provided=bool(provided))
        below = [selection(used["fields"]) for used in declared.directives.get("provides", ())]
        below += [node.selection_set for node in provided if node.selection_set is not None]
        return _known(value, below, known.sent.get(name))

    def _provided(self, known: Known, name: str) -> Iterator[FieldNode]:
        waiting = list(known.provided)
        while waiting:
            for node in waiting.pop().selections:
                if not isinstance(node, FieldNode):
                    if applies(self._world, node, known.thing):
                        waiting.append(node.selection_set)
                elif node.name.value == name:
                    yield node

    def _value(
        self,
        known: Known,
        name: str,
        declared: Declared,
        arguments: JsonObject,
        *,
        is_provided: bool,
    ) -> Any:
        world, thing = self._world, known.thing
        if is_provided:
            return world.full(thing, name, arguments)
        what = f"{self._name} does not tell {thing.type}.{name}"
        if declared.is_external:
            # A key is told as it came in, and so is what else was sent along.
            assert name in known.sent or world.is_key_field(thing.type, name), what
            return world.full(thing, name, arguments)
        assert world.is_asked(thing.type, name, declared), what
        mark = world.mark(thing, name, arguments)
        for used in declared.directives.get("requires", ()):
            wanted = world.projected(thing, selection(used["fields"]))
            mark += printed(_like(wanted, known.sent))
        for each, directives in declared.arguments.items():
            if "fromContext" in directives:
                mark += printed({each: arguments.get(each)})
        return world.value(thing, name, mark)


def _mutated(world: World, name: str, arguments: JsonObject, ledger: Ledger) -> Any:
    thing = Thing("Mutation")
    ledger.append(name)
    return world.value(thing, name, f"{world.mark(thing, name, arguments)}#{len(ledger)}")


def _known(value: Any, provided: Sequence[Any], sent: Any) -> Any:
    if isinstance(value, list):
        parts = sent if isinstance(sent, list) and len(sent) == len(value) else [None] * len(value)
        return [_known(item, provided, part) for item, part in zip(value, parts, strict=True)]
    if isinstance(value, Thing):
        return Known(value, provided, sent if isinstance(sent, dict) else {})
    return value


def _like(wanted: Any, sent: Any) -> Any:
    """What was sent, as far as it is wanted."""
    if isinstance(wanted, dict) and isinstance(sent, dict):
        return {key: _like(value, sent[key]) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(sent, list) and len(wanted) == len(sent):
        return [_like(*pair) for pair in zip(wanted, sent, strict=True)]
    return sent
