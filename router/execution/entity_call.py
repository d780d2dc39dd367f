"""One entity call of a fetch: what it sends, and how its results enter the response tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from graphql import GraphQLNonNull
from msgspec import UNSET

from router.execution.collect import Collected, compile_collector
from router.execution.from_context import compile_groups
from router.execution.generated import FunctionCode
from router.execution.merge import copied
from router.execution.object_types import ObjectType
from router.execution.tree import attribute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from router.execution.json_value import JsonObject, JsonValue
    from router.execution.layout import Layout, Place, Source
    from router.execution.locate import Keys
    from router.execution.merge import Addition, Merge
    from router.planning.query_plan import EntityCall

_NO_VALUES: JsonObject = {}
Trim = Callable[[list[Any]], None]


class SentCall(msgspec.Struct, eq=False):
    """One `_entities` field of a request: a call of the plan, or the copy of one for a group.

    Attributes:
        planned: The call of the plan.
        call: The same compiled; None for one whose conditions do not hold.
        key: Response key of the field.
        variable: Takes the representations.
        values: Of the variables that contexts fill.
    """

    planned: EntityCall
    call: CompiledCall | None
    key: str
    variable: str
    collected: Collected
    values: JsonObject


def sent_empty(call: EntityCall) -> SentCall:
    """A call that asks for nothing."""
    nothing = Collected([], [], [], [], is_whole=True)
    return SentCall(call, None, call.response_key, call.variable, nothing, _NO_VALUES)


class Target(NamedTuple):
    """Where the results of a call go, for one of its paths.

    Attributes:
        type: Reads one result as what is added to an object here; None where the tree is plain
            JSON.
        add: Adds it.
        nulls: Attributes that become null if there is no such entity; None if one of them may not.
        trim: Takes out of the collected objects what the client must not see; None if another call
            does, or nothing is to be done.
    """

    type: ObjectType | None
    add: Addition
    nulls: tuple[str, ...] | None
    trim: Trim | None


class CompiledCall:
    """An entity call of a plan.

    Attributes:
        call: Of the plan.
        has_trims: `trim` has something to do.
        struct: Class of a result; None if results are read as JSON first.
    """

    def __init__(
        self,
        call: EntityCall,
        source: Source,
        layout: Layout,
        shared: frozenset[Keys],
        merge: Merge,
    ) -> None:
        self.call = call
        self._collect = None if call.contexts else compile_collector(call, source, layout, shared)
        self._find_groups = compile_groups(call) if call.contexts else None
        places = [layout.find(path)[0] for path in call.paths]
        self._merge = merge
        common = _common_type(places, source)
        self._targets = [
            _target(place, source, merge, common if len(places) == 1 else None) for place in places
        ]
        self.has_trims = any(target.trim is not None for target in self._targets)
        self.struct = None if common is None else common.struct

    def gather(self, root: JsonValue, *, is_regular: bool) -> tuple[list[SentCall], bool]:
        """What is sent for the response tree; several calls for groups of entities in contexts.

        Also whether no entity was left out because something it needs is not known.
        """
        call = self.call
        key, variable = call.response_key, call.variable
        if self._collect is not None:
            collected = self._collect(root, is_regular)
            sent = SentCall(call, self, key, variable, collected, _NO_VALUES)
            return [sent], collected.is_whole
        groups, is_whole = self._find_groups(root) if self._find_groups is not None else ([], True)
        if len(groups) == 1:
            [(values, collected)] = groups
            return [SentCall(call, self, key, variable, collected, values)], is_whole
        return [
            SentCall(
                call,
                self,
                f"{key}_{number}",
                f"{variable}_{number}",
                collected,
                {f"{name}_{number}": value for name, value in values.items()},
            )
            for number, (values, collected) in enumerate(groups)
        ], is_whole

    def take(self, results: Sequence[Any], collected: Collected) -> bool:
        """Add results of the class `struct` to the entities.

        Returns:
            Whether all entities are now as the plan promises.
        """
        if len(self._targets) == 1:
            return _take(self._targets[0], results, collected.entities, collected.indexes)
        is_regular = True
        for target, entities, indexes in self._by_target(collected):
            is_regular = _take(target, results, entities, indexes) and is_regular
        return is_regular

    def take_json(self, results: Sequence[JsonObject | None], collected: Collected) -> bool:
        """Add results to the entities; like `take`.

        Args:
            results: Parts of them may become parts of the tree.
            collected: What was sent.
        """
        is_regular = True
        known: set[int] = set()
        for target, entities, indexes in self._by_target(collected):
            for entity, index in zip(entities, indexes, strict=True):
                result = results[index]
                if result is None:
                    is_regular = _set_null(entity, target) and is_regular
                    continue
                if index in known:  # objects that take the same result may grow apart
                    result = copied(result)
                known.add(index)
                if target.type is None:
                    self._merge.json(entity, result)
                    continue
                added, is_strict = target.type.read_either_way(result)
                is_regular = is_regular and is_strict
                target.add(entity, added)
        return is_regular

    def trim(self, collected: Collected) -> None:
        """Take out of the collected objects what the client must not see."""
        start = 0
        for target, end in zip(self._targets, collected.ends, strict=True):
            if target.trim is not None:
                target.trim(collected.entities[start:end])
            start = end

    def _by_target(
        self, collected: Collected
    ) -> Iterator[tuple[Target, Sequence[Any], Sequence[int]]]:
        start = 0
        for target, end in zip(self._targets, collected.ends, strict=True):
            yield target, collected.entities[start:end], collected.indexes[start:end]
            start = end


def _take(
    target: Target, results: Sequence[Any], entities: Sequence[Any], indexes: Sequence[int]
) -> bool:
    """Add results to entities of one path; whether all are now as the plan promises."""
    add, is_regular = target.add, True
    for entity, index in zip(entities, indexes, strict=True):
        result = results[index]
        if result is not None:
            add(entity, result)
        elif not _set_null(entity, target):
            is_regular = False
    return is_regular


def _target(place: Place | None, source: Source, merge: Merge, known: ObjectType | None) -> Target:
    if place is None:
        return Target(None, merge.json, None, None)
    brought = [item for item in place.fields.values() if source in item.brought]
    may_be_null = all(
        item.constant is not None or not isinstance(item.declared, GraphQLNonNull)
        for item in brought
    )
    nulls = tuple(attribute(item.key) for item in brought if item.constant is None)
    return Target(
        known or ObjectType.of_addition([place], source),
        merge.compile_addition(place, source),
        nulls if may_be_null else None,
        _compile_trim(place) if place.is_sure and place.trimmer == source else None,
    )


def _common_type(places: Sequence[Place | None], source: Source) -> ObjectType | None:
    """What reads the results for all places at once, straight from the subgraph's bytes."""
    known = [place for place in places if place is not None]
    return ObjectType.of_addition(known, source) if len(known) == len(places) else None


def _set_null(entity: JsonValue, target: Target) -> bool:
    """Set null what an entity that is not there would have; whether all of it may be null."""
    if target.nulls is None:
        return False
    for name in target.nulls:
        if getattr(entity, name) is UNSET:
            setattr(entity, name, None)
    return True


def _compile_trim(place: Place) -> Trim | None:
    if not place.hidden:
        return None
    code = FunctionCode("trim(entities)")
    code.names["UNSET"] = UNSET
    code.block("for entity in entities:")
    for key in place.hidden:
        code.line(f"entity.{attribute(key)} = UNSET")
    trim: Trim = code.compile()
    return trim
