"""Representations: what a fetch takes from the response, for its entities and from above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.errors import PlanBugError
from router.planning.plan_nodes import (
    ContextSource,
    ContextVariable,
    Representation,
    RequiredField,
    RequiredFragment,
    RequiredSelection,
    TypeCondition,
)
from router.query_graph.ways import SolvedField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.planning.plan_nodes import ResponsePath
    from router.planning.response_keys import ResponseKeys
    from router.query_graph.ways import Entry, Position, Solved


def representation_of(place: Position, entry: Entry, keys: ResponseKeys) -> Representation:
    """How entities at a place are presented to the subgraph they enter."""
    key = _required(entry.key_solved, keys)
    selections = merge_required((*key, *_required(entry.requires_solved, keys)))
    types = place.graph.possible_types(place.type_name)
    if place.is_abstract:
        types = tuple(sorted((*types, place.type_name)))
    count = len(merge_required(key))
    return Representation(types, entry.move.typename, selections, count)


def context_variables(
    place: Position, entry: Entry, keys: ResponseKeys
) -> tuple[ContextVariable, ...]:
    """The variables of an entry whose values stand above its entities, each once."""
    variables = {}
    for context in entry.contexts:
        sources = tuple(
            ContextSource(
                _depth(keys.path(source.place)), source.types, _required(source.solved, keys)
            )
            for source in context.sources
        )
        name = keys.of_context(place, context.argument)
        variables[name] = ContextVariable(name, context.argument.type, sources)
    return tuple(variables.values())


def _depth(path: ResponsePath) -> int:
    """Segments that lead to the objects of a place, whatever types they are narrowed to."""
    depth = len(path)
    while depth and isinstance(path[depth - 1], TypeCondition):
        depth -= 1
    return depth


def _required(solved: Iterable[Solved], keys: ResponseKeys) -> tuple[RequiredSelection, ...]:
    selections: list[RequiredSelection] = []
    for item in solved:
        if not isinstance(item, SolvedField):
            selections.append(RequiredFragment((item.type_name,), _required(item.below, keys)))
            continue
        field_set = item.field
        if item.place is None:
            place = item.need.place if item.need is not None else None
            if place is None:
                raise PlanBugError(field_set.name)
            key = keys.of_field(place, field_set.name, field_set.arguments)
            selections.append(RequiredField(field_set.name, key))
        else:
            below = _required(item.below, keys)
            if any(way.node.is_abstract for way in item.place.ways):
                below = (RequiredField("__typename", "__typename"), *below)
            key = keys.of_place(item.place)
            selections.append(RequiredField(field_set.name, key, below))
    return merge_required(selections)


def merge_required(selections: Iterable[RequiredSelection]) -> tuple[RequiredSelection, ...]:
    """Each field once, with all that is required below it; fragments of one type as well."""
    fields: dict[tuple[str, str] | tuple[str, ...], RequiredSelection] = {}
    for item in selections:
        if isinstance(item, RequiredField):
            key: tuple[str, ...] = ("field", item.name, item.response_key)
        else:
            key = ("fragment", *item.types)
        known = fields.get(key)
        if known is None:
            fields[key] = item
        elif known.selections != item.selections:
            below = merge_required((*known.selections, *item.selections))
            if isinstance(known, RequiredField):
                fields[key] = RequiredField(known.name, known.response_key, below)
            else:
                fields[key] = RequiredFragment(known.types, below)
    return tuple(fields.values())
