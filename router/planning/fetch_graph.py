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
from router.planning.plan_nodes import Representation, ResponsePath, TypeCondition
from router.planning.representations import context_variables, representation_of
from router.planning.selection_tree import Tree, TreeField, select_all
from router.planning.selections import ALWAYS, Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.planning.choose import Choice
    from router.planning.plan_nodes import ContextVariable
    from router.planning.response_keys import ResponseKeys
    from router.planning.walk_operation import Leaf
    from router.query_graph.nodes import FieldEdge
    from router.query_graph.ways import Need, Position, Way


@dataclass(slots=True, eq=False)
class Part:
    """One entry into one subgraph.

    Attributes:
        path: Of the place entered; the condition on its own type is left to the representations.
        tree: What is asked for there.
        representation: How entities are presented; None for root fields.
        contexts: Variables that take values from objects above the entities.
        depends_on: Parts that fetch what the representation needs, in order of discovery.
        conditions: Hold for everything in the part.
    """

    subgraph: str
    path: ResponsePath
    tree: Tree
    way: Way
    representation: Representation | None = None
    contexts: tuple[ContextVariable, ...] = ()
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
        part = self._part(way.start)
        added = self._tree(way).add(
            selected.response_key,
            edge,
            arguments=self._arguments(way, edge, selected.arguments),
            variables=selected.variables,
            conditions=leaf.conditions,
        )
        part.wanted.append((added, leaf.conditions))
        if selected.selections is not None and added.below is not None and edge.target is not None:
            select_all(added.below, edge.target, selected.selections, leaf.conditions)

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
                part.representation = representation_of(start.place, start.entry, self._keys)
                part.contexts = context_variables(start.place, start.entry, self._keys)
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
                    arguments=self._arguments(source, edge, place.arguments),
                    variables=place.variables,
                    conditions=place.conditions,
                )
                if added.below is None:
                    raise PlanBugError(edge.name)
                tree = added.below
            self._trees[way] = tree
        return tree

    def _arguments(self, way: Way, edge: FieldEdge, arguments: str) -> str:
        """The client's arguments, and those that take their values from contexts."""
        if not edge.contexts:
            return arguments
        filled = [
            f"{item.name}: ${self._keys.of_context(way.place, item)}" for item in edge.contexts
        ]
        return f"({', '.join([*filter(None, [arguments[1:-1]]), *filled])})"

    def _add_need(self, need: Need, wanting: Part) -> None:
        way, edge = self._choice.readings[need]
        part = self._part(way.start)
        wanting.depends_on[part] = None
        tree = self._tree(way)
        response_key = self._keys.of_field(need.place, need.name, need.arguments)
        arguments = self._arguments(way, edge, need.arguments)
        added = tree.add(response_key, edge, arguments=arguments, conditions=need.place.conditions)
        wanting.needed.append((part, added, need.place.conditions))
        origin = _origin(way, wanting.way.place)
        if origin is not None and origin.source is not None and _is_one_of_many(wanting.way.place):
            _add_type(origin, self._tree(origin))


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
