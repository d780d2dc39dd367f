"""Join calls: the parts of a request become as few `_entities` fields as their shapes allow.

Parts at one path are joined: those of one type when they enter with the same key (what each
requires is added up), those of different types side by side. Parts at different paths are joined
when they present and ask for the very same.

One representation has room for one value of a field: parts that require the same field with
different arguments stay apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.errors import PlanBugError
from router.planning.print_operation import print_tree
from router.planning.query_plan import (
    PathSegment,
    Representation,
    RequiredField,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)
from router.planning.representations import merge_required

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from router.planning.fetch_graph import Part
    from router.planning.query_plan import ContextVariable
    from router.planning.selection_tree import Tree
    from router.planning.selections import Conditions


@dataclass(slots=True, eq=False)
class Call:
    """One `_entities` field.

    Attributes:
        trees: What is asked for, by type in the subgraph.
        parts: Those that it joins.
        contexts: Variables that take values from above the entities; such a call has one path.
    """

    paths: list[ResponsePath]
    representations: list[Representation]
    trees: dict[str, Tree]
    conditions: Conditions
    parts: list[Part]
    contexts: tuple[ContextVariable, ...] = ()


def join_calls(parts: Sequence[Part]) -> list[Call]:
    """The calls of a request, in order of their first parts."""
    calls = _join_types(_join_weaker(_join_keys(parts)))
    joined = _join_paths(calls)
    for call in joined:
        call.paths = _join_conditions(call.paths)
    return joined


def _join_keys(parts: Sequence[Part]) -> list[Call]:
    """One call for each path, type and key, as far as what they require goes together."""
    calls: dict[tuple[object, ...], list[Call]] = {}
    for part in parts:
        shape = part.representation
        if shape is None:
            raise PlanBugError(part.subgraph)
        key = shape.selections[: shape.key_count]
        identity = (
            part.path,
            part.conditions,
            shape.types,
            shape.typename,
            part.tree.type_name,
            repr(key),
        )
        alike = calls.setdefault(identity, [])
        for call in alike:
            known = call.representations[0]
            if _go_together(known.selections, shape.selections):
                call.trees[part.tree.type_name].merge(part.tree)
                call.representations = [_add(known, shape)]
                call.parts.append(part)
                call.contexts = tuple(dict.fromkeys((*call.contexts, *part.contexts)))
                break
        else:
            trees = {part.tree.type_name: part.tree}
            call = Call([part.path], [shape], trees, part.conditions, [part], part.contexts)
            alike.append(call)
    return [call for alike in calls.values() for call in alike]


def _join_weaker(calls: Sequence[Call]) -> list[Call]:
    """Calls that present the same under stronger conditions move into the weaker one.

    The conditions then stand on the fields. Where the stronger one requires more this would not do:
    what it requires is not there when its conditions do not hold.
    """
    joined: list[Call] = []
    for call in sorted(calls, key=lambda call: len(call.conditions)):
        for other in joined:
            if (
                other.conditions < call.conditions
                and other.paths == call.paths
                and other.representations == call.representations
                and other.contexts == call.contexts
                and other.trees.keys() == call.trees.keys()
            ):
                for type_name, tree in call.trees.items():
                    other.trees[type_name].merge(tree)
                other.parts += call.parts
                break
        else:
            joined.append(call)
    return joined


def _go_together(first: Sequence[RequiredSelection], second: Sequence[RequiredSelection]) -> bool:
    """Whether one representation can hold both: no name stands for two values."""
    fields: dict[str, list[RequiredField]] = {}
    for field in _all_fields(first):
        fields.setdefault(field.name, []).append(field)
    return all(
        one.response_key == other.response_key and _go_together(one.selections, other.selections)
        for other in _all_fields(second)
        for one in fields.get(other.name, ())
    )


def _all_fields(selections: Sequence[RequiredSelection]) -> Iterator[RequiredField]:
    for item in selections:
        if isinstance(item, RequiredField):
            yield item
        else:
            yield from _all_fields(item.selections)


def _add(first: Representation, second: Representation) -> Representation:
    """Both representations in one; their keys are the same."""
    key = first.selections[: first.key_count]
    rest = (*first.selections[first.key_count :], *second.selections[second.key_count :])
    selections = merge_required((*key, *rest))
    return Representation(first.types, first.typename, selections, len(key))


def _join_types(calls: Sequence[Call]) -> list[Call]:
    """One call for each path, as long as every object belongs to one representation."""
    joined: list[Call] = []
    alike: dict[tuple[object, ...], list[Call]] = {}
    for call in calls:
        shape = call.representations[0]
        others = alike.setdefault((tuple(call.paths), call.conditions, call.contexts), [])
        for other in others:
            if (
                not call.contexts
                and all(set(known.types).isdisjoint(shape.types) for known in other.representations)
                and other.trees.keys().isdisjoint(call.trees)
            ):
                other.representations.append(shape)
                other.trees.update(call.trees)
                other.parts += call.parts
                break
        else:
            others.append(call)
            joined.append(call)
    return joined


def _join_paths(calls: Sequence[Call]) -> list[Call]:
    """One call for all paths where the same is asked of the same."""
    joined: dict[tuple[object, ...], Call] = {}
    for call in calls:
        asked = tuple(
            (name, print_tree(tree, call.conditions, set()))
            for name, tree in sorted(call.trees.items())
        )
        at = tuple(call.paths) if call.contexts else ()  # values come from above each path
        identity = (repr(call.representations), call.conditions, asked, at)
        known = joined.get(identity)
        if known is None:
            joined[identity] = call
        else:
            known.paths += call.paths
            known.parts += call.parts
    return list(joined.values())


def _join_conditions(paths: Sequence[ResponsePath]) -> list[ResponsePath]:
    """Paths that differ in one type condition only become one."""
    left = list(paths)
    if len(left) == 1 or not any(isinstance(at, TypeCondition) for path in left for at in path):
        return left
    for index in range(max(map(len, left), default=0)):
        groups: dict[tuple[object, ...], list[str]] = {}
        for path in left:
            at = path[index] if index < len(path) else None
            blank: tuple[object, ...] = path
            if isinstance(at, TypeCondition):
                blank = (*path[:index], None, *path[index + 1 :])
            groups.setdefault(blank, []).extend(at.types if isinstance(at, TypeCondition) else ())
        left = [_filled(blank, types) for blank, types in groups.items()]
    return left


def _filled(blank: Sequence[object], types: Iterable[str]) -> ResponsePath:
    condition = TypeCondition(tuple(sorted(set(types))))
    segments: list[PathSegment] = []
    for segment in blank:
        if isinstance(segment, str | TypeCondition):
            segments.append(segment)
        else:
            segments.append(condition)
    return tuple(segments)
