"""Entities whose fields take arguments from above them (`@fromContext`), grouped by those values.

An argument's value belongs to an `_entities` field, not to a representation. So entities with the
same values are sent together, and a request holds one copy of the `_entities` field for each group:

    query($representations_0:…,$context_0_0:…,$representations_1:…,$context_0_1:…){
      _entities_0:_entities(representations:$representations_0){…(code:$context_0_0)}
      _entities_1:_entities(representations:$representations_1){…(code:$context_0_1)}
    }

For one group, the usual case, the request is as the plan has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from graphql import (
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    strip_ignored_characters,
    visit,
)
from msgspec import UNSET

from router.errors import PlanBugError
from router.execution.collect import Collected
from router.execution.locate import Keys, keys_of
from router.execution.representations import copy_selections, makers_by_typename
from router.execution.tree import child, is_object, typename_of
from router.planning.query_plan import LIST, ContextVariable, EntityCall, TypeCondition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphql import SelectionNode

    from router.execution.json_value import JsonObject, JsonValue
    from router.planning.query_plan import QueryPlan, ResponsePath

_encode = msgspec.json.Encoder().encode


class Group(NamedTuple):
    """Entities that take the same values.

    Attributes:
        values: By name of the plan's variable.
    """

    values: JsonObject
    collected: Collected


def compile_groups(call: EntityCall) -> Callable[[Any], tuple[list[Group], bool]]:
    """A function from the response tree to the groups of a call, in first-seen order.

    It also tells whether no entity was left out because something it needs is not known.
    """
    [path] = call.paths
    makers = makers_by_typename(call.requires)

    def collect(root: JsonValue) -> tuple[list[Group], bool]:
        groups: dict[bytes, Group] = {}
        seen: dict[tuple[bytes, bytes], int] = {}
        indexes: dict[bytes, list[int]] = {}
        visited: set[int] = set()
        is_whole = True
        for trail in _trails(root, path):
            entity = trail[-1]
            make = makers.get(typename_of(entity))
            if id(entity) in visited:
                continue
            visited.add(id(entity))
            representation = None if make is None else make(entity)
            values = [_value(variable, trail) for variable in call.contexts]
            if representation is None or UNSET in values:
                is_whole = False
                continue
            group_key, key = _encode(values), _encode(representation)
            group = groups.get(group_key)
            if group is None:
                names = [variable.name for variable in call.contexts]
                nothing = Collected([], [], [], [], is_whole=True)
                group = Group(dict(zip(names, values, strict=True)), nothing)
                groups[group_key] = group
            collected = group.collected
            index = seen.setdefault((group_key, key), len(collected.representations))
            if index == len(collected.representations):
                collected.representations.append(representation)
            collected.entities.append(entity)
            indexes.setdefault(group_key, []).append(index)
        for group_key, (_, collected) in groups.items():
            collected.indexes = indexes[group_key]
            collected.ends.append(len(collected.entities))
        return list(groups.values()), is_whole

    return collect


def _trails(root: JsonValue, path: ResponsePath) -> Iterator[tuple[Any, ...]]:
    """For every entity at the path what stands after each segment on the way; the root first."""
    trails: list[tuple[Any, ...]] = [(root,)]
    for segment in path:
        if isinstance(segment, TypeCondition):
            names = {*segment.types, None}
            trails = [(*trail, trail[-1]) for trail in trails if typename_of(trail[-1]) in names]
        elif segment == LIST:
            trails = [
                (*trail, item)
                for trail in trails
                if isinstance(trail[-1], list)
                for item in trail[-1]
            ]
        else:
            trails = [(*trail, child(trail[-1], segment)) for trail in trails]
    return (trail for trail in trails if is_object(trail[-1]))


def _value(variable: ContextVariable, trail: tuple[Any, ...]) -> JsonValue:
    """The value for an entity; UNSET where there is none that the argument could take."""
    for source in variable.sources:
        holder = trail[source.depth]
        if not source.types or typename_of(holder) in source.types:
            copy: JsonObject = {}
            value = _only(copy) if copy_selections(source.selections, holder, copy) else UNSET
            return UNSET if value is None and variable.type.endswith("!") else value
    return UNSET


def _only(value: JsonValue) -> JsonValue:
    """What is left of a selection that selects one value."""
    if isinstance(value, list):
        return [_only(item) for item in value]
    if isinstance(value, dict):
        found = [item for key, item in value.items() if key != "__typename"]
        return _only(found[0]) if found else UNSET
    return value


def places_apart(plan: QueryPlan) -> frozenset[Keys]:
    """Places whose objects take values from above them: equal ones may grow to be different."""
    apart: set[Keys] = set()
    for call in (call for fetch in plan.fetches for call in fetch.entity_calls if call.contexts):
        [path] = call.paths
        depth = min(source.depth for variable in call.contexts for source in variable.sources)
        keys, above = keys_of(path), len(keys_of(path[:depth]))
        apart.update(keys[:end] for end in range(above + 1, len(keys) + 1))
    return frozenset(apart)


def spread_operation(operation: str, calls: Sequence[EntityCall], counts: Sequence[int]) -> str:
    """The text of a request with a copy of each call for each of its groups.

    Args:
        operation: As the plan has it.
        calls: Its `_entities` fields.
        counts: Groups of each call.
    """
    definition = parse(operation, no_location=True).definitions[0]
    if not isinstance(definition, OperationDefinitionNode):
        raise PlanBugError(operation)
    copier = _Copier(definition)
    texts = []
    for field, call, count in zip(definition.selection_set.selections, calls, counts, strict=True):
        names = {call.variable, *(variable.name for variable in call.contexts)}
        for number in range(count):
            end = f"_{number}" if count > 1 else ""
            texts.append(copier.copy(field, names, end))
    declared = " ".join(copier.declared.values())
    return strip_ignored_characters(f"query({declared}){{{' '.join(texts)}}}")


class _Copier(Visitor):
    """Copies fields as text, with some variables renamed.

    Attributes:
        declared: Definitions of the variables that the copies use, by name.
    """

    def __init__(self, operation: OperationDefinitionNode) -> None:
        super().__init__()
        self.declared: dict[str, str] = {}
        self._types = {
            node.variable.name.value: print_ast(node).partition(":")[2]
            for node in operation.variable_definitions or ()
        }
        self._names: set[str] = set()
        self._end = ""

    def copy(self, field: SelectionNode, names: set[str], end: str) -> str:
        """The field; variables and response key end in `end`."""
        self._names, self._end = names, end
        text = print_ast(visit(field, self))
        if not end or not isinstance(field, FieldNode):
            return text
        key = field.alias.value if field.alias is not None else field.name.value
        return f"{key}{end}:{text.removeprefix(f'{key}: ')}"

    def enter_variable(self, node: VariableNode, *_: object) -> VariableNode:
        name = node.name.value
        made = f"{name}{self._end}" if name in self._names else name
        self.declared[made] = f"${made}:{self._types[name]}"
        return VariableNode(name=NameNode(value=made))
