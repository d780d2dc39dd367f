"""Shapes: what a response would hold, without data.

A shape knows for every object type that may stand at a position which response keys would be there,
what each means, and which fetches bring it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, VariableNode, print_ast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from router.supergraph import Supergraph


class PlanError(AssertionError):
    """The plan is wrong."""


@dataclass(slots=True)
class Entry:
    """A response key: the field it stands for, the fetches that bring it, the value's shape."""

    meaning: tuple[str, str]
    fetches: set[int]
    below: Shape | None = None


@dataclass(slots=True)
class Shape:
    """Response keys by type; an @interfaceObject stands under its interface's name."""

    types: dict[str, dict[str, Entry]] = field(default_factory=dict)


def entries_of(supergraph: Supergraph, shape: Shape, type_name: str, key: str) -> list[Entry]:
    """A key of a type: read of the type itself, and of @interfaceObjects that stand for it."""
    return [
        entries[key]
        for name, entries in shape.types.items()
        if key in entries
        and (name == type_name or type_name in supergraph.possible_types.get(name, ()))
    ]


def lookup(supergraph: Supergraph, shape: Shape, type_name: str, key: str) -> Entry | None:
    """All that is known of a key of a type."""
    found = entries_of(supergraph, shape, type_name, key)
    if len(found) < 2:
        return found[0] if found else None
    whole = Shape()
    for entry in found:
        merge(whole, Shape({type_name: {key: entry}}))
    return whole.types[type_name][key]


def merge(target: Shape, source: Shape) -> None:
    for type_name, entries in source.types.items():
        known = target.types.setdefault(type_name, {})
        for key, entry in entries.items():
            own = known.get(key)
            if own is None:
                known[key] = Entry(entry.meaning, set(entry.fetches))
                own = known[key]
            elif own.meaning != entry.meaning:
                msg = f"{key} of {type_name} is {own.meaning} and {entry.meaning}"
                raise PlanError(msg)
            own.fetches |= entry.fetches
            if entry.below is not None:
                own.below = own.below or Shape()
                merge(own.below, entry.below)


def shapes_at(shape: Shape, path: list[Any]) -> Iterator[Shape]:
    if not path:
        yield shape
        return
    for entries in shape.types.values():
        entry = entries.get(path[0])
        if entry is not None and entry.below is not None:
            yield from shapes_at(entry.below, path[1:])


def response_key_of(node: FieldNode) -> str:
    return node.alias.value if node.alias is not None else node.name.value


def arguments_of(node: FieldNode, filled: Iterable[str] = ()) -> str:
    """As printed, without those that take the router's variables."""
    printed = sorted(
        print_ast(argument)
        for argument in node.arguments or ()
        if not (isinstance(argument.value, VariableNode) and argument.value.name.value in filled)
    )
    return ", ".join(printed)
