"""From one subgraph to the others: which nodes of the query graph an object can be read at.

Planning asks for the cheapest way and takes any; composition promises that every router which reads
the supergraph finds one. So this is stricter than the planner's walk over the same graph:

- An external key field counts as unreadable, though planning tries it as a last resort.
- A key that enters a subgraph must be readable without entering that subgraph on the way. Where it
  is not, other routers give the subgraph up even if there is a longer way round.
- A field under an override label cannot be part of a key or a @requires: who answers it is not
  known before the operation comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.field_set import FieldSet, FieldSetField, FieldSetFragment
from router.federation.type_refs import named_type
from router.query_graph import FieldEdge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from router.query_graph import EntityMove, Node, QueryGraph

_NOTHING: frozenset[str] = frozenset()


class Reach:
    """Answers about one query graph, remembered."""

    def __init__(self, graph: QueryGraph) -> None:
        self._graph = graph
        self._closures: dict[tuple[Node, str, frozenset[str]], frozenset[Node]] = {}
        self._active: set[tuple[Node, str, frozenset[str]]] = set()
        self._active_requires: set[tuple[Node, str]] = set()
        self._contextual_fields: dict[tuple[str, str], Mapping[str, FieldEdge]] = {}
        self._local: dict[tuple[Node, FieldSet], bool] = {}

    def closure(
        self, node: Node, type_name: str, avoided: frozenset[str] = _NOTHING
    ) -> frozenset[Node]:
        """All nodes an object of `type_name` that was read at `node` can be read at.

        Args:
            node: Where it was read.
            type_name: Its type in the API schema.
            avoided: Subgraphs that must not be entered.
        """
        state = (node, type_name, avoided)
        known = self._closures.get(state)
        if known is not None:
            return known
        if state in self._active:
            return frozenset((node,))
        self._active.add(state)
        depends_on_other_search = len(self._active) > 1
        found = self._search(node, type_name, avoided)
        self._active.discard(state)
        # A search inside another one may have been cut short by it, so its result is not kept.
        if not depends_on_other_search or len(found) > len(self._moves(type_name, avoided)):
            self._closures[state] = found
        return found

    def _moves(self, type_name: str, avoided: frozenset[str]) -> list[EntityMove]:
        return [
            move
            for move in self._graph.entity_moves(type_name)
            if move.target.subgraph not in avoided
        ]

    def _search(self, node: Node, type_name: str, avoided: frozenset[str]) -> frozenset[Node]:
        reached: dict[Node, None] = {node: None}
        if type_name == self._graph.query_type:
            reached.update(dict.fromkeys(self._graph.roots("query")))
            return frozenset(reached)
        pending = [
            move
            for move in self._moves(type_name, avoided)
            if move.target.subgraph != node.subgraph
        ]
        left: list[EntityMove] = []
        given_up: list[EntityMove] = []
        for move in pending:
            if self._can_enter(node, type_name, move, avoided):
                reached[move.target] = None
            else:
                left.append(move)
        if left and len(reached) > 1:
            given_up = [
                move
                for move in left
                if _is_nested(move) and self._solves_some_key(node, type_name, move, avoided)
            ]
        waiting = [found for found in reached if found is not node]
        while waiting and left:
            here = waiting.pop()
            for move in tuple(left):
                if move not in given_up and self._can_enter(here, type_name, move, avoided):
                    left.remove(move)
                    reached[move.target] = None
                    waiting.append(move.target)
        return frozenset(reached)

    def _can_enter(
        self, node: Node, type_name: str, move: EntityMove, avoided: frozenset[str]
    ) -> bool:
        return self._solves_some_key(node, type_name, move, avoided | {move.target.subgraph})

    def _solves_some_key(
        self, node: Node, type_name: str, move: EntityMove, avoided: frozenset[str]
    ) -> bool:
        return any(
            self._is_local(node, key.fields) or self.solves(node, type_name, key.fields, avoided)
            for key in move.keys
        )

    def _is_local(self, node: Node, fields: FieldSet) -> bool:
        """Whether a field set is plain leaves that `node` reads without detour: most keys are."""
        known = self._local.get((node, fields))
        if known is None:
            known = self._local[node, fields] = all(
                isinstance(item, FieldSetField)
                and not item.selections
                and self._is_plain(node, item.name)
                for item in fields
            )
        return known

    def _is_plain(self, node: Node, name: str) -> bool:
        edge = node.fields.get(name)
        return (
            edge is not None
            and not edge.is_last_resort
            and not edge.requires
            and not self._is_labelled(node, name)
        )

    def _is_labelled(self, node: Node, name: str) -> bool:
        types = self._graph.supergraph.subgraphs[node.subgraph].types
        field = types[node.type_name].fields.get(name)
        return field is not None and bool(field.active_if or field.inactive_if)

    # Fields

    def reads(
        self,
        node: Node,
        type_name: str,
        name: str,
        avoided: frozenset[str] = _NOTHING,
    ) -> FieldEdge | None:
        """The edge by which `node` answers a field, its requirements solved."""
        edge = node.fields.get(name) or self._contextual(node).get(name)
        if edge is None or edge.is_last_resort:
            return None
        if edge.requires and not self._solves_requires(node, type_name, edge, avoided):
            return None
        return edge

    def field_names(self, node: Node) -> Iterable[str]:
        """Fields that `node` may answer."""
        return [*node.fields, *self._contextual(node)]

    def _contextual(self, node: Node) -> Mapping[str, FieldEdge]:
        """Fields with arguments from a @context, for which planning has no edges."""
        found = self._contextual_fields.get((node.type_name, node.subgraph))
        if found is None:
            view = self._graph.supergraph.subgraphs[node.subgraph].types[node.type_name]
            found = {
                field.name: FieldEdge(
                    field.name,
                    field.type,
                    self._graph.node(named_type(field.type), node.subgraph),
                    field.type.count("["),
                    field.requires,
                )
                for field in view.fields.values()
                if field.context_arguments and not field.is_external
            }
            self._contextual_fields[node.type_name, node.subgraph] = found
        return found

    def _solves_requires(
        self, node: Node, type_name: str, edge: FieldEdge, avoided: frozenset[str]
    ) -> bool:
        """The required fields can be read, and the subgraph can be entered again with them."""
        state = (node, edge.name)
        if state in self._active_requires:
            return False
        self._active_requires.add(state)
        try:
            return self.solves(node, type_name, edge.requires, avoided) and any(
                move.target.subgraph == node.subgraph
                and self._solves_some_key(node, type_name, move, avoided)
                for move in self._graph.entity_moves(type_name)
            )
        finally:
            self._active_requires.discard(state)

    # Keys and requirements

    def solves(self, node: Node, type_name: str, fields: FieldSet, avoided: frozenset[str]) -> bool:
        """Whether an object that was read at `node` can have all of a field set read."""
        return self._solves_at((node,), type_name, fields, avoided)

    def _solves_at(
        self, nodes: Iterable[Node], type_name: str, fields: FieldSet, avoided: frozenset[str]
    ) -> bool:
        listed = tuple(nodes)
        return all(self._solves_item(listed, type_name, item, avoided) for item in fields)

    def _solves_item(
        self,
        nodes: tuple[Node, ...],
        type_name: str,
        item: FieldSetField | FieldSetFragment,
        avoided: frozenset[str],
    ) -> bool:
        if isinstance(item, FieldSetFragment):
            return self._solves_members(nodes, type_name, item.type_name, item.selections, avoided)
        if item.name == "__typename":
            return True
        if self._graph.is_abstract(type_name) and not self._interface_reads(nodes, item):
            return self._solves_members(nodes, type_name, type_name, (item,), avoided)
        if not item.selections:
            return self._solves_leaf(nodes, type_name, item.name, avoided)
        edges = self._edges(self._everywhere(nodes, type_name, avoided), type_name, item, avoided)
        targets = [edge.target for edge in edges if edge.target is not None]
        return bool(targets) and self._solves_at(
            targets, self._field_type(type_name, item.name, edges[0]), item.selections, avoided
        )

    def _solves_leaf(
        self, nodes: tuple[Node, ...], type_name: str, name: str, avoided: frozenset[str]
    ) -> bool:
        """Here, or only then, elsewhere: most keys are read where the object is."""
        return any(
            self._reads_in_field_set(node, type_name, name, avoided) for node in nodes
        ) or any(
            self._reads_in_field_set(node, type_name, name, avoided)
            for node in self._everywhere(nodes, type_name, avoided)
        )

    def _everywhere(
        self, nodes: Iterable[Node], type_name: str, avoided: frozenset[str]
    ) -> dict[Node, None]:
        return dict.fromkeys(
            found for node in nodes for found in self.closure(node, type_name, avoided)
        )

    def _edges(
        self,
        nodes: Iterable[Node],
        type_name: str,
        item: FieldSetField,
        avoided: frozenset[str],
    ) -> list[FieldEdge]:
        return [
            edge
            for node in nodes
            if (edge := self._reads_in_field_set(node, type_name, item.name, avoided))
        ]

    def _interface_reads(self, nodes: tuple[Node, ...], item: FieldSetField) -> bool:
        return any(item.name in node.fields for node in nodes)

    def _field_type(self, type_name: str, name: str, edge: FieldEdge) -> str:
        ref = self._graph.supergraph.field_types.get(type_name, {}).get(name)
        return named_type(ref if ref is not None else edge.type)

    def _reads_in_field_set(
        self, node: Node, type_name: str, name: str, avoided: frozenset[str]
    ) -> FieldEdge | None:
        edge = self.reads(node, type_name, name, avoided)
        return None if edge is None or self._is_labelled(node, name) else edge

    def _solves_members(
        self,
        nodes: tuple[Node, ...],
        type_name: str,
        condition: str,
        fields: FieldSet,
        avoided: frozenset[str],
    ) -> bool:
        """Solve for every object type that can stand here and meets the condition."""
        if not self._graph.is_abstract(type_name):
            is_met = type_name in self._graph.possible_types(condition)
            return not is_met or self._solves_at(nodes, type_name, fields, avoided)
        narrowed = self.narrow(nodes, type_name, avoided)
        return all(
            self._solves_at(members, member, fields, avoided)
            for member, members in narrowed.items()
            if member in self._graph.possible_types(condition)
        )

    def narrow(
        self,
        nodes: Iterable[Node],
        type_name: str,
        avoided: frozenset[str] = _NOTHING,
    ) -> dict[str, tuple[Node, ...]]:
        """The object types a value of an abstract type can have, each with its nodes.

        Which type stands behind an @interfaceObject is known only to subgraphs that have the
        interface; where none can be asked there are no types at all.
        """
        everywhere = sorted(
            self._everywhere(nodes, type_name, avoided),
            key=lambda node: (node.subgraph, node.type_name),
        )
        stand_ins = [node for node in everywhere if node.is_interface_object]
        members: dict[str, list[Node]] = {}
        for node in everywhere:
            if node.is_abstract:
                for name, member in node.members.items():
                    members.setdefault(name, []).append(member)
            elif not node.is_interface_object:
                members.setdefault(node.type_name, []).append(node)
        return {name: (*found, *stand_ins) for name, found in sorted(members.items())}


def _is_nested(move: EntityMove) -> bool:
    return any(
        isinstance(item, FieldSetField) and item.selections
        for key in move.keys
        for item in key.fields
    )
