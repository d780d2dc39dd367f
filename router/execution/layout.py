"""The layout of an operation's response tree: which places there are and what an object may hold.

Laid out are the fields that the client sees, in the client's order, and after them those that only
the plan reads (keys, fields for `@requires`, `__typename` for type conditions). Whatever else a
subgraph sends is skipped by the decoder.

Three properties of a place decide how much is left to do after decoding:

- A place is *exact* if what the client selected is the same for all its objects. Where it depends
  on the object's type, a place holds the fields of all types, and the projection picks.
- A place is *sure* if every fetch that makes its objects brings all visible fields, or a call that
  reaches every object adds them, and what the client must not see is taken out again. If no fetch
  met anything out of order, its objects can be printed as they are.
- A place is *clean* if it and everything below is sure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    GraphQLCompositeType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
)

from router.execution.tree import TYPENAME
from router.planning.query_plan import (
    LIST,
    RequiredField,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from router.execution.locate import Keys
    from router.execution.shape import FieldShape, Selection


class Source(NamedTuple):
    """What brings fields: the root fields of a fetch (call -1) or one of its entity calls."""

    fetch: int
    call: int


@dataclass(slots=True, eq=False)
class PlaceField:
    """What the objects of a place may hold under one response key.

    Attributes:
        declared: The client's type; None for what is not checked when it is read.
        is_visible: Whether the client sees it.
        is_local: Answered by the router: `__typename` of a known type, `__schema`, `__type`.
        constant: The value of a `__typename` that is known.
        types: At a place that is not exact: the object types for which the client selected it.
        below: Of a visible field of composite type. Below other fields the tree is plain JSON.
        brought: By whom, and whether for every object.
    """

    key: str
    declared: GraphQLOutputType | None = None
    is_visible: bool = False
    is_local: bool = False
    constant: str | None = None
    types: frozenset[str] = frozenset()
    below: Place | None = None
    brought: dict[Source, bool] = field(default_factory=dict)


class Place:
    """Where objects of the answer stand.

    Attributes:
        keys: Response keys that lead to it.
        possible: Names of the object types that an object here may have.
        constant: The one object type that is possible here; None if there are several.
        is_exact: See the module's text.
        fields: By response key.
        creators: Sources whose answers hold the objects.
        callers: Sources that add fields to every object.
    """

    def __init__(self, keys: Keys, selections: Sequence[Selection]) -> None:
        self.keys = keys
        types = {item.parent_type.name: item.parent_type for item in selections}
        [*others, last] = types.values()
        self.constant = last.name if isinstance(last, GraphQLObjectType) and not others else None
        self.possible = frozenset[str]().union(*(item.possible for item in selections))
        self.is_exact = len(selections) == 1 and selections[0].is_uniform
        self.fields: dict[str, PlaceField] = {}
        self.creators: set[Source] = set()
        self.callers: set[Source] = set()
        self._has_denied = False
        self._is_sure: bool | None = None
        self._is_clean: bool | None = None
        if self.is_exact:
            for shape in selections[0].declared().fields:
                self._add(shape)
        else:
            self._add_of_any_type(selections)
            if self.constant is None:
                self.need_typename()

    def _add(self, shape: FieldShape) -> None:
        added = PlaceField(shape.key, shape.type, is_visible=True, is_local=shape.type is None)
        if shape.denied is not None:
            self._has_denied = True
        if shape.name == TYPENAME:
            added.constant = self.constant
        if shape.selection is not None:
            added.below = Place((*self.keys, shape.key), [shape.selection])
        self.fields[shape.key] = added

    def _add_of_any_type(self, selections: Sequence[Selection]) -> None:
        found: dict[str, list[tuple[GraphQLCompositeType, FieldShape]]] = {}
        for selection in selections:
            for key, shapes in selection.fields_of_any_type.items():
                found.setdefault(key, []).extend(shapes)
        for key, [(parent, first), *others] in found.items():
            added = self.fields[key] = PlaceField(key, first.type, is_visible=True)
            for selection in selections:
                added.types |= selection.types_with(key)
            if (others or not isinstance(parent, GraphQLObjectType)) and first.type is not None:
                added.declared = _nullable(first.type)
                types = {str(_nullable(shape.type)) for _, shape in others if shape.type}
                if first.selection is None and types - {str(added.declared)}:
                    added.declared = None
            below = [shape.selection for _, shape in (found[key]) if shape.selection is not None]
            if below:
                added.below = Place((*self.keys, key), below)

    def need(
        self, selections: Sequence[RequiredSelection], types: Iterable[str] | None = None
    ) -> None:
        """Keep what a representation copies from the objects here.

        Args:
            selections: What it copies.
            types: Of the objects that it copies from; None for all.
        """
        types = self.possible if types is None else types
        for item in selections:
            if not isinstance(item, RequiredField):
                self.need_typename()
                self.need(item.selections, item.types)
                continue
            known = self.keep(item.response_key)
            if known.is_visible and not self.is_exact and not known.types.issuperset(types):
                known.declared = known.below = None  # of another type where the client sees none
            if known.below is not None:
                known.below.need(item.selections)

    def need_typename(self) -> None:
        """Keep the type that an object says it has."""
        known = self.keep(TYPENAME)
        if not known.is_visible:
            known.constant = self.constant

    def keep(self, key: str) -> PlaceField:
        """The field of this response key, which is hidden if the client did not select it."""
        known = self.fields.get(key)
        if known is None:
            known = self.fields[key] = PlaceField(key)
        return known

    @property
    def hidden(self) -> tuple[str, ...]:
        """Response keys that the client must not see."""
        return tuple(item.key for item in self.fields.values() if not item.is_visible)

    @property
    def is_sure(self) -> bool:
        """See the module's text; final once everything that brings fields is entered."""
        if self._is_sure is None:
            self._is_sure = (
                self.is_exact
                and not self._has_denied
                and all(self._is_covered(item) for item in self.fields.values() if item.is_visible)
                and (not self.hidden or self.trimmer is not None)
            )
        return self._is_sure

    @property
    def is_clean(self) -> bool:
        """See the module's text."""
        if self._is_clean is None:
            below = (item.below for item in self.fields.values() if item.below is not None)
            self._is_clean = self.is_sure and all(place.is_clean for place in below)
        return self._is_clean

    @property
    def trimmer(self) -> Source | None:
        """The call that takes the hidden fields out of the objects that it has collected."""
        calls = sorted(source for source in self.callers if source.call >= 0)
        return calls[0] if calls and len(self.creators) == 1 else None

    def _is_covered(self, item: PlaceField) -> bool:
        if item.is_local:
            return True
        is_called = any(item.brought.get(source) for source in self.callers)
        if is_called and len(self.creators) <= 1:
            return True
        return bool(self.creators) and all(item.brought.get(source) for source in self.creators)


class Layout:
    """The places of one operation, found by response paths."""

    def __init__(self, selection: Selection) -> None:
        self.root = Place((), [selection])

    def find(self, path: ResponsePath) -> tuple[Place | None, bool]:
        """The place at a path.

        Returns:
            The place, or None if the tree is plain JSON there; and whether the path leads to every
            object of the place. What leads there is kept.
        """
        place: Place | None = self.root
        is_whole = True
        condition: tuple[str, ...] = ()
        for segment in path:
            if place is None:
                break
            if isinstance(segment, TypeCondition):
                place.need_typename()
                if not place.possible <= {*segment.types}:
                    condition = segment.types
            elif segment != LIST:
                known = place.keep(segment)
                is_whole = is_whole and (not condition or known.types <= {*condition})
                condition = ()
                place = known.below
        return place, is_whole and not condition


def _nullable(declared: GraphQLOutputType) -> GraphQLOutputType:
    """The type without any `!`."""
    if isinstance(declared, GraphQLNonNull):
        return _nullable(declared.of_type)
    if isinstance(declared, GraphQLList):
        return GraphQLList(_nullable(declared.of_type))
    return declared
