"""Names for what the router adds: never one that means something else to the client.

Every fetch merges into one response tree, so a key is taken for a whole position, whichever fetch
asks for it. A required field shares the client's key where the client selects the same field with
the same arguments, takes its own name where that is free, and gets an alias otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.errors import PlanBugError
from router.planning.query_plan import LIST, PathSegment, ResponsePath, TypeCondition

if TYPE_CHECKING:
    from router.federation.field_set import FieldSet
    from router.planning.selections import NormalizedOperation, Selections
    from router.query_graph.ways import Position
    from router.supergraph import ContextArgument

_Position = tuple[str, ...]
_Meaning = tuple[str, str]


class ResponseKeys:
    """The keys of one operation, by position."""

    def __init__(self, operation: NormalizedOperation) -> None:
        self._taken: dict[_Position, dict[str, set[_Meaning]]] = {}
        self._paths: dict[Position, ResponsePath] = {}
        self._contexts: dict[tuple[ResponsePath, str, str, FieldSet], str] = {}
        self._context_name = operation.free_variable("context")
        self._register((), operation.selections)

    def of_place(self, place: Position) -> str:
        """The key of the field whose value the place is."""
        if place.response_key is None:
            if place.parent is None or place.edge_name is None:
                raise PlanBugError(place.type_name)
            place.response_key = self.of_field(place.parent, place.edge_name, place.arguments)
        return place.response_key

    def of_field(self, place: Position, name: str, arguments: str) -> str:
        """The key of a field that the router needs at a place."""
        if name == "__typename":
            return name
        taken = self._taken.setdefault(self._position(place), {})
        meaning = {(name, arguments)}
        if taken.get(name, meaning) == meaning:
            taken[name] = meaning
            return name
        for key, meanings in taken.items():
            if meanings == meaning:
                return key
        number = 0
        while (key := f"_{name}_{number}") in taken:
            number += 1
        taken[key] = meaning
        return key

    def of_context(self, place: Position, argument: ContextArgument) -> str:
        """The variable that takes a context's value for the entities at a place."""
        meaning = (self.path(place), argument.context, argument.type, argument.selection)
        number = len(self._contexts)
        return self._contexts.setdefault(meaning, f"{self._context_name}_{number}")

    def path(self, place: Position) -> ResponsePath:
        """Where a place is in the response."""
        path = self._paths.get(place)
        if path is None:
            if place.parent is None:
                path = ()
            elif place.edge_name is None:
                path = (*self.path(place.parent), TypeCondition((place.type_name,)))
            else:
                own: tuple[PathSegment, ...] = (self.of_place(place), *[LIST] * place.list_depth)
                path = (*self.path(place.parent), *own)
            self._paths[place] = path
        return path

    def _position(self, place: Position) -> _Position:
        return tuple(
            segment for segment in self.path(place) if isinstance(segment, str) and segment != LIST
        )

    def _register(self, position: _Position, selections: Selections) -> None:
        taken = self._taken.setdefault(position, {})
        for field in selections.fields:
            taken.setdefault(field.response_key, set()).add((field.name, field.arguments))
            if field.selections is not None:
                self._register((*position, field.response_key), field.selections)
        for _, below in selections.fragments:
            self._register(position, below)
