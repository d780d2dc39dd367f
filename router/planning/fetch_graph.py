"""The fetch graph: which parts must be fetched, what each selects, which must be there before.

A *part* is one entry into one subgraph at one place: the root fields of a subgraph, or one type's
`_entities`. Parts are merged into requests later.

Two paths must not be confused. The response path of a part says where its results belong; inside
the part a *selection tree* says what is asked for, from the part's entry on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from router.errors import PlanBugError
from router.planning.query_plan import (
    Representation,
    RequiredField,
    RequiredFragment,
    RequiredSelection,
    ResponsePath,
    TypeCondition,
)
from router.planning.selections import ALWAYS, Conditions, Selections
from router.planning.walk_operation import Leaf, start_of
from router.query_graph.ways import TYPENAME, Entry, Need, Solved, SolvedField, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from router.planning.choose import Choice
    from router.planning.response_keys import ResponseKeys
    from router.query_graph.nodes import FieldEdge, Node
    from router.query_graph.ways import Position


@dataclass(slots=True, eq=False)
class TreeField:
    """A field a part asks for.

    Attributes:
        type: The type reference in the part's subgraph.
        conditions: All that must hold where the field stands in the client's operation.
        wanted_under: Conditions of everyone who wants the leaf; empty means whenever the part runs.
        alias: Key in the subgraph's answer, where it may not be the response key.
    """

    response_key: str
    name: str
    arguments: str
    variables: tuple[str, ...]
    type: str
    conditions: Conditions
    below: Tree | None
    wanted_under: list[Conditions] = field(default_factory=list)
    alias: str | None = None


@dataclass(slots=True, eq=False)
class Tree:
    """A selection set of a part.

    Attributes:
        type_name: Type in the subgraph.
        fields: By response key and conditions.
        fragments: By object type.
    """

    type_name: str
    fields: dict[tuple[str, Conditions], TreeField] = field(default_factory=dict)
    fragments: dict[str, Tree] = field(default_factory=dict)

    def on(self, type_name: str) -> Tree:
        """The part of the selection for one object type."""
        if type_name == self.type_name:
            return self
        fragment = self.fragments.get(type_name)
        if fragment is None:
            fragment = self.fragments[type_name] = Tree(type_name)
        return fragment

    def add(
        self,
        response_key: str,
        edge: FieldEdge,
        *,
        arguments: str = "",
        variables: tuple[str, ...] = (),
        conditions: Conditions = ALWAYS,
    ) -> TreeField:
        """The field under these conditions, added if it is not there yet."""
        is_leaf = edge.target is None
        key = (response_key, ALWAYS if is_leaf else conditions)
        known = self.fields.get(key)
        if known is None:
            below = None if edge.target is None else Tree(edge.target.type_name)
            known = self.fields[key] = TreeField(
                response_key, edge.name, arguments, variables, edge.type, conditions, below
            )
        return known

    def merge(self, other: Tree) -> None:
        """Take over everything another tree of the same type selects."""
        for key, theirs in other.fields.items():
            own = self.fields.get(key)
            if own is None:
                self.fields[key] = theirs
                continue
            own.wanted_under.extend(theirs.wanted_under)
            if own.below is not None and theirs.below is not None:
                own.below.merge(theirs.below)
        for type_name, fragment in other.fragments.items():
            self.on(type_name).merge(fragment)

    def add_typename(self) -> None:
        """Ask for `__typename`, whatever the conditions of the rest."""
        key = ("__typename", ALWAYS)
        known = self.fields.get(key)
        if known is None:
            known = self.fields[key] = TreeField(
                "__typename", "__typename", "", (), "String!", ALWAYS, None
            )
        known.wanted_under.append(ALWAYS)


@dataclass(slots=True, eq=False)
class Part:
    """One entry into one subgraph.

    Attributes:
        path: Of the place entered; the condition on its own type is left to the representations.
        tree: What is asked for there.
        representation: How entities are presented; None for root fields.
        depends_on: Parts that fetch what the representation needs, in order of discovery.
        conditions: Hold for everything in the part.
    """

    subgraph: str
    path: ResponsePath
    tree: Tree
    way: Way
    representation: Representation | None = None
    depends_on: dict[Part, None] = field(default_factory=dict)
    conditions: Conditions = ALWAYS
    wanted: list[tuple[TreeField, Conditions]] = field(default_factory=list)
    needed: list[tuple[Part, TreeField, Conditions]] = field(default_factory=list)


def build_parts(leaves: Sequence[Leaf], choice: Choice, keys: ResponseKeys) -> list[Part]:
    """The parts that fetch all leaves; each comes after those it depends on."""
    builder = _Builder(choice, keys)
    for leaf in leaves:
        builder.add_leaf(leaf)
    parts = _in_order(builder.parts)
    for part in reversed(parts):
        _settle_conditions(part)
    return parts


class _Builder:
    def __init__(self, choice: Choice, keys: ResponseKeys) -> None:
        self.parts: list[Part] = []
        self._choice = choice
        self._keys = keys
        self._by_start: dict[Way, Part] = {}
        self._trees: dict[Way, Tree] = {}

    def add_leaf(self, leaf: Leaf) -> None:
        way, edge = self._choice.readings[leaf]
        selected = leaf.selected
        part = self._part(start_of(way))
        added = self._tree(way).add(
            selected.response_key,
            edge,
            arguments=selected.arguments,
            variables=selected.variables,
            conditions=leaf.conditions,
        )
        part.wanted.append((added, leaf.conditions))
        if selected.selections is not None and added.below is not None and edge.target is not None:
            _select_all(added.below, edge.target, selected.selections, leaf.conditions)

    def _part(self, start: Way) -> Part:
        part = self._by_start.get(start)
        if part is None:
            path = self._keys.path(start.place)
            if start.entry is not None:
                path = _strip_own_type(path)
            part = Part(start.node.subgraph, path, Tree(start.node.type_name), start)
            self._by_start[start] = part
            self._trees[start] = part.tree
            self.parts.append(part)
            if start.entry is not None:
                part.representation = self._representation(start, start.entry)
            for need in start.needs:
                self._add_need(need, part)
        return part

    def _tree(self, way: Way) -> Tree:
        tree = self._trees.get(way)
        if tree is None:
            source, edge, place = way.source, way.edge, way.place
            if source is None:
                return self._part(way).tree
            above = self._tree(source)
            if edge is None:
                if source.node.is_abstract:
                    _add_type(source, above)
                tree = above.on(way.node.type_name)
            else:
                added = above.add(
                    self._keys.of_place(place),
                    edge,
                    arguments=place.arguments,
                    variables=place.variables,
                    conditions=place.conditions,
                )
                if added.below is None:
                    raise PlanBugError(edge.name)
                tree = added.below
            self._trees[way] = tree
        return tree

    def _add_need(self, need: Need, wanting: Part) -> None:
        way, edge = self._choice.readings[need]
        part = self._part(start_of(way))
        wanting.depends_on[part] = None
        tree = self._tree(way)
        response_key = self._keys.of_field(need.place, need.name, need.arguments)
        added = tree.add(
            response_key, edge, arguments=need.arguments, conditions=need.place.conditions
        )
        wanting.needed.append((part, added, need.place.conditions))
        origin = _origin(way, wanting.way.place)
        if origin is not None and origin.source is not None and _is_one_of_many(wanting.way.place):
            _add_type(origin, self._tree(origin))

    def _representation(self, start: Way, entry: Entry) -> Representation:
        key = self._required(entry.key_solved)
        selections = merge_required((*key, *self._required(entry.requires_solved)))
        types = start.place.graph.possible_types(start.place.type_name)
        if start.place.is_abstract:
            types = tuple(sorted((*types, start.place.type_name)))
        count = len(merge_required(key))
        return Representation(types, entry.move.typename, selections, count)

    def _required(self, solved: Iterable[Solved]) -> tuple[RequiredSelection, ...]:
        selections: list[RequiredSelection] = []
        for item in solved:
            if not isinstance(item, SolvedField):
                selections.append(RequiredFragment((item.type_name,), self._required(item.below)))
                continue
            field_set = item.field
            if item.place is None:
                place = item.need.place if item.need is not None else None
                if place is None:
                    raise PlanBugError(field_set.name)
                key = self._keys.of_field(place, field_set.name, field_set.arguments)
                selections.append(RequiredField(field_set.name, key))
            else:
                below = self._required(item.below)
                if any(way.node.is_abstract for way in item.place.ways):
                    below = (RequiredField("__typename", "__typename"), *below)
                key = self._keys.of_place(item.place)
                selections.append(RequiredField(field_set.name, key, below))
        return merge_required(selections)


def _is_one_of_many(place: Position) -> bool:
    """Whether objects at the position may have another type than the static one."""
    return place.is_abstract or place.is_narrowed


def _origin(way: Way, place: Position) -> Way | None:
    """The way at `place` that `way` goes through, for a need at or below the place."""
    at: Way | None = way
    while at is not None:
        if at.place is place:
            return at
        at = at.source
    return None


def _add_type(way: Way, tree: Tree) -> None:
    """Let objects tell their type; an entity's own is known, and no @interfaceObject knows it."""
    if way.source is not None or not way.node.is_interface_object:
        tree.add_typename()


def _strip_own_type(path: ResponsePath) -> ResponsePath:
    return path[:-1] if path and isinstance(path[-1], TypeCondition) else path


def _select_all(tree: Tree, node: Node, selections: Selections, around: Conditions) -> None:
    """Select everything below a field that one subgraph answers alone."""
    for selected in selections.fields:
        if selected.name == "__typename":
            conditions = around | selected.conditions
            tree.add("__typename", TYPENAME).wanted_under.append(conditions)
            continue
        edge = node.fields.get(selected.name)
        if edge is None:
            tree.add_typename()
            single = Selections((selected,), ())
            for name, member in node.members.items():
                _select_all(tree.on(name), member, single, around)
            continue
        conditions = around | selected.conditions
        added = tree.add(
            selected.response_key,
            edge,
            arguments=selected.arguments,
            variables=selected.variables,
            conditions=conditions,
        )
        added.wanted_under.append(conditions)
        if selected.selections is not None and added.below is not None and edge.target is not None:
            _select_all(added.below, edge.target, selected.selections, conditions)
    for type_name, below in selections.fragments:
        possible = node.graph.possible_types(type_name)
        if not node.is_abstract:
            if node.type_name in possible:
                _select_all(tree, node, below, around)
            continue
        tree.add_typename()
        for name, member in node.members.items():
            if name in possible:
                _select_all(tree.on(name), member, below, around)


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


def _in_order(parts: Sequence[Part]) -> list[Part]:
    """Each part after those it depends on, else in order of discovery."""
    ordered: dict[Part, None] = {}

    def visit(part: Part) -> None:
        if part not in ordered:
            for other in part.depends_on:
                visit(other)
            ordered[part] = None

    for part in parts:
        visit(part)
    return list(ordered)


def _settle_conditions(part: Part) -> None:
    """What all wishes of a part have in common is its condition; those it needs inherit it."""
    wishes = [conditions for _, conditions in part.wanted]
    part.conditions = frozenset.intersection(*wishes) if wishes else ALWAYS
    for wanted, conditions in part.wanted:
        wanted.wanted_under.append(conditions)
    for other, needed, conditions in part.needed:
        other.wanted.append((needed, part.conditions | conditions))
