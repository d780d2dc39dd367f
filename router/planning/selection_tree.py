"""Selection trees: what a part asks its subgraph for, from the part's entry on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from router.planning.selections import ALWAYS, Conditions, Selections
from router.query_graph.ways import TYPENAME

if TYPE_CHECKING:
    from router.query_graph.nodes import FieldEdge, Node


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
            if below is not None and edge.is_narrower:
                below.add_typename()  # execution tells the types of the supergraph's field by it
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


def select_all(tree: Tree, node: Node, selections: Selections, around: Conditions) -> None:
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
                select_all(tree.on(name), member, single, around)
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
            select_all(added.below, edge.target, selected.selections, conditions)
    if node.is_abstract and all(selected.conditions for selected in selections.fields):
        tree.add_typename()  # with nothing else selected, of which type an object is would not show
    for type_name, below in selections.fragments:
        possible = node.graph.possible_types(type_name)
        if not node.is_abstract:
            if node.type_name in possible:
                select_all(tree, node, below, around)
            continue
        tree.add_typename()
        for name, member in node.members.items():
            if name in possible:
                select_all(tree.on(name), member, below, around)
