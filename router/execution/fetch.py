"""One fetch: the request it sends and how its answer enters the response tree."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from router.errors import SubgraphError
from router.execution.collect import Collected
from router.execution.contexts import SentCall, compile_call, spread_operation
from router.execution.locate import Keys, compile_locator, keys_of
from router.execution.merge import compile_renames, copied, merge
from router.execution.places import Places
from router.execution.ports import SubgraphRequest, SubgraphResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.execution.context import ExecutionContext
    from router.execution.json_value import JsonObject
    from router.planning.query_plan import Condition, EntityCall, Fetch

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
GRAPHQL_RESPONSE = "application/graphql-response+json"


MAX_TEXTS = 64
"""Texts kept of a fetch whose entities take values from above them, by numbers of groups."""

_NOTHING = Collected([], [], [])
_ENTITY_TYPES = {dict, type(None)}


class Answer:
    """A subgraph's answer in GraphQL terms: at least one of data and errors is there."""

    __slots__ = ("data", "errors")

    def __init__(self, data: JsonObject | None, errors: list[JsonObject]) -> None:
        self.data = data
        self.errors = errors


class Sent(NamedTuple):
    """What one request carries.

    Attributes:
        calls: Its `_entities` fields.
        operation: Its text; another than the plan's where a call is copied for groups of entities.
    """

    calls: list[SentCall]
    operation: str


class CompiledFetch:
    """A fetch of a plan, with all that depends on the plan alone done.

    Attributes:
        id: Index in the plan.
        subgraph: Name as in the supergraph.
        key_paths: Response keys that lead to the places where results are merged.
        renamed: Keys of the answer to keys of the response.
    """

    def __init__(self, fetch: Fetch, interfaces: frozenset[str], shared: frozenset[Keys]) -> None:
        self.id = fetch.id
        self.subgraph = fetch.subgraph
        self.key_paths = tuple(
            keys_of(path)
            for path in (
                [path for call in fetch.entity_calls for path in call.paths]
                if fetch.entity_calls
                else [fetch.path]
            )
        )
        self.renamed = {item.source: item.target for item in fetch.renames}
        self._fetch = fetch
        self._interfaces = interfaces
        self._collectors = [(call, compile_call(call, shared)) for call in fetch.entity_calls]
        self._texts: dict[tuple[int, ...], str] = {}
        # Outer entities first: once equal ones are one object, what is in them is visited once.
        self._order = sorted(
            range(len(fetch.entity_calls)),
            key=lambda index: min(len(path) for path in fetch.entity_calls[index].paths),
        )
        self._rename = compile_renames(fetch.renames)
        self._locate = compile_locator(fetch.path)
        self._body_start = b'{"query":' + _encode(fetch.operation)
        self._is_static = not fetch.variables and not fetch.entity_calls

    def applies(self, variables: JsonObject) -> bool:
        """Whether the fetch's conditions hold."""
        return _hold(self._fetch.conditions, variables)

    def collect(self, tree: JsonObject, variables: JsonObject) -> Sent | None:
        """What the entity calls send; None if there is nothing to ask for."""
        found = [[SentCall(call, _NOTHING, {})] for call, _ in self._collectors]
        for index in self._order:
            call, collect = self._collectors[index]
            if _hold(call.conditions, variables):
                found[index] = collect(tree)
            elif call.contexts:
                found[index] = []
        calls = [item for items in found for item in items]
        if self._collectors and not any(item.collected.representations for item in calls):
            return None
        counts = tuple(map(len, found))
        return Sent(calls, self._fetch.operation if {*counts} <= {1} else self._spread(counts))

    def _spread(self, counts: tuple[int, ...]) -> str:
        """The operation with so many copies of each entity call."""
        text = self._texts.get(counts)
        if text is None:
            if len(self._texts) >= MAX_TEXTS:
                self._texts.clear()
            calls = self._fetch.entity_calls
            text = self._texts[counts] = spread_operation(self._fetch.operation, calls, counts)
        return text

    def request(
        self, sent: Sent, variables: JsonObject, context: ExecutionContext
    ) -> SubgraphRequest:
        fetch = self._fetch
        if self._is_static:
            own: JsonObject = {}
            body = self._body_start + b"}"
        else:
            own = {name: variables[name] for name in fetch.variables if name in variables}
            for item in sent.calls:
                own[item.call.variable] = item.collected.representations
                own.update(item.values)
            start = self._body_start
            if sent.operation is not fetch.operation:
                start = b'{"query":' + _encode(sent.operation)
            body = start + b',"variables":' + _encode(own) + b"}"
        return SubgraphRequest(
            subgraph=fetch.subgraph,
            operation=sent.operation,
            variables=own,
            body=body,
            headers=context.headers,
            deadline=context.deadline,
            is_mutation=fetch.operation_kind == "mutation",
            identity=context.identity,
        )

    def read(self, response: SubgraphResponse) -> Answer:
        """Read an answer.

        Raises:
            SubgraphError: It is not GraphQL.
        """
        status = response.status
        if status >= 500 and response.media_type != GRAPHQL_RESPONSE:
            msg = f"HTTP status {status}"
            raise self._invalid(msg)
        try:
            answer = _decode(response.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            msg = f"HTTP status {status}, not JSON: {error}"
            raise self._invalid(msg) from error
        if answer.__class__ is not dict:
            msg = f"HTTP status {status}, not a JSON object"
            raise self._invalid(msg)
        data = answer.get("data")
        errors = answer.get("errors")
        if data.__class__ is dict and not errors:
            return Answer(data, [])
        if data is not None and data.__class__ is not dict:
            msg = "`data` is not an object"
            raise self._invalid(msg)
        if data is None and not errors:
            msg = f"HTTP status {status}, neither data nor errors"
            raise self._invalid(msg)
        if errors.__class__ is not list or not all(item.__class__ is dict for item in errors):
            msg = "`errors` is not a list of objects"
            raise self._invalid(msg)
        return Answer(data, errors)

    def places(self, tree: JsonObject, sent: Sent) -> Places:
        """Where the results will stand; to be asked before they are merged."""
        return Places(self._fetch, tree, sent.calls)

    def merge_data(
        self,
        tree: JsonObject,
        data: JsonObject,
        sent: Sent,
        *,
        is_partial: bool,
    ) -> None:
        """Merge an answer's data into the tree.

        Args:
            tree: Modified.
            data: Given up to the tree.
            sent: What the request carried.
            is_partial: Errors came with it, so that a whole call may be null.

        Raises:
            SubgraphError: An entity call's result does not match what was sent. Results of other
                calls are merged.
        """
        if not self._collectors:
            self._merge_root(tree, data)
            return
        problem: SubgraphError | None = None
        for call, collected, _ in sent.calls:
            try:
                self._merge_entities(call, data, collected, is_partial=is_partial)
            except SubgraphError as error:
                problem = error
        if problem is not None:
            raise problem

    def _merge_root(self, tree: JsonObject, data: JsonObject) -> None:
        if self._rename is not None:
            self._rename(data)
        if not self._fetch.path:
            merge(tree, data, self._interfaces)
            return
        targets = {id(target): target for target in self._locate(tree)}
        for target in targets.values():
            merge(target, copied(data), self._interfaces)

    def _merge_entities(
        self, call: EntityCall, data: JsonObject, collected: Collected, *, is_partial: bool
    ) -> None:
        results = data.get(call.response_key)
        sent = len(collected.representations)
        if results is None and (is_partial or not sent):
            return
        if results.__class__ is not list or len(results) != sent:
            count = len(results) if isinstance(results, list) else "no list of"
            msg = f"{count} entities for {sent} representations"
            raise self._invalid(msg)
        if not {*map(type, results)} <= _ENTITY_TYPES:
            msg = "an entity is not an object"
            raise self._invalid(msg)
        if self._rename is not None:
            for result in results:
                if result is not None:
                    self._rename(result)
        # A result that several objects take is copied: they may grow apart.
        taken: set[int] = set()
        is_shared = len(collected.entities) > sent
        for entity, index in zip(collected.entities, collected.indexes, strict=True):
            result = results[index]
            if result is None:
                continue
            if is_shared and index in taken:
                result = copied(result)
            taken.add(index)
            merge(entity, result, self._interfaces)

    def _invalid(self, detail: str) -> SubgraphError:
        return SubgraphError(self._fetch.subgraph, "invalid_response", detail)

    @cached_property
    def selected_keys(self) -> tuple[str, ...]:
        """Response keys that the fetch fills where its results are merged."""
        document = parse(self._fetch.operation, no_location=True)
        fragments = {
            node.name.value: node.selection_set
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        [operation] = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        nodes = list(_fields(operation.selection_set, fragments))
        if self._collectors:
            sets = [node.selection_set for node in nodes if node.selection_set]
            nodes = [node for found in sets for node in _fields(found, fragments)]
        keys = [(node.alias or node.name).value for node in nodes]
        return tuple(self.renamed.get(key, key) for key in keys if key != "__typename")


def _hold(conditions: tuple[Condition, ...], variables: JsonObject) -> bool:
    return not conditions or all(
        variables.get(condition.variable) is condition.value for condition in conditions
    )


def _fields(
    selection_set: SelectionSetNode, fragments: dict[str, SelectionSetNode]
) -> Iterator[FieldNode]:
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value], fragments)
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
