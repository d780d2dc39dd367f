"""From one subgraph to the others: which nodes of the query graph an object can be read at.

Planning asks for the cheapest way and takes any; composition promises that every router which reads
the supergraph finds one. So this is stricter than the planner's walk over the same graph:

- An external key field counts as unreadable, though planning tries it as a last resort.
- A key that enters a subgraph must be readable without entering that subgraph on the way. Where it
  is not, other routers give the subgraph up even if there is a longer way round.
- A field under an override label cannot be part of a key or a @requires: who answers it is not
  known before the operation comes.

A closure grows to a fixed point: a subgraph is entered once the nodes reached so far read a key of
it. Only nested selections and @requires lead into searches for other objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.federation.field_set import FieldSet, FieldSetField, FieldSetFragment
from router.federation.type_refs import named_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from router.query_graph import EntityMove, FieldEdge, Node, QueryGraph

MAX_DEPTH = 40
"""Searches within searches; schemas met in practice need three or four."""

MAX_NESTED_SEARCHES = 5_000
"""Of all searches within searches, which multiply where every key needs another object's key."""

_NOTHING: frozenset[str] = frozenset()
_State = tuple["Node", str, frozenset[str]]


class TooManySearchesError(Exception):
    """Keys or requirements need one another over too many steps to be followed."""

    def __init__(self, type_name: str) -> None:
        super().__init__(type_name)
        self.type_name = type_name


class Reach:
    """Answers about one query graph, remembered."""

    def __init__(self, graph: QueryGraph) -> None:
        self._graph = graph
        self._closures: dict[_State, frozenset[Node]] = {}
        self._wanted: dict[EntityMove, list[frozenset[str]]] = {}
        self._grows: dict[str, bool] = {}
        self._requires: dict[tuple[_State, str], bool] = {}
        self._active: set[_State | tuple[_State, str]] = set()
        self._nested_searches = 0
        self._local: dict[tuple[Node, FieldSet], bool] = {}

    # Objects

    def closure(
        self, node: Node, type_name: str, avoided: frozenset[str] = _NOTHING
    ) -> frozenset[Node]:
        """All nodes an object of `type_name` can be read at once it was read at `node`.

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
        self._enter(state, type_name)
        found = self._search(node, type_name, avoided)
        self._active.discard(state)
        # A search inside others may have been cut short by one of them; only a complete one is
        # sure to be right then.
        if not self._active or self._is_complete(found, type_name, avoided):
            self._closures[state] = found
        return found

    def _enter(self, state: _State | tuple[_State, str], type_name: str) -> None:
        if len(self._active) > 1:
            self._nested_searches += 1
        if len(self._active) >= MAX_DEPTH or self._nested_searches > MAX_NESTED_SEARCHES:
            raise TooManySearchesError(type_name)
        self._active.add(state)

    def _is_complete(
        self, found: Collection[Node], type_name: str, avoided: frozenset[str]
    ) -> bool:
        moves = self._graph.entity_moves(type_name)
        return all(move.target in found or move.target.subgraph in avoided for move in moves)

    def _search(self, node: Node, type_name: str, avoided: frozenset[str]) -> frozenset[Node]:
        if type_name == self._graph.query_type:
            return frozenset((node, *self._graph.roots("query")))
        reached: dict[Node, None] = {node: None}
        offered = set(node.fields)
        pending = [
            move
            for move in self._graph.entity_moves(type_name)
            if move.target.subgraph != node.subgraph
            and move.target.subgraph not in avoided
            and not self._is_given_up(node, type_name, move, avoided)
        ]
        while pending:
            fresh: dict[Node, None] = {}
            for move in pending:
                if (
                    move.target not in fresh
                    and self._may_enter(move, type_name, offered)
                    and self._enters(reached, type_name, move, avoided)
                ):
                    beyond = self._found_beyond(node, move.target, type_name, avoided)
                    if node in beyond:  # they lead to one another, so beyond both is the same
                        return beyond
                    fresh.update(dict.fromkeys(beyond))
            if not fresh:
                break
            reached.update(fresh)
            offered.update(name for found in fresh for name in found.fields)
            pending = [move for move in pending if move.target not in reached]
        return frozenset(reached)

    def _found_beyond(
        self, node: Node, target: Node, type_name: str, avoided: frozenset[str]
    ) -> frozenset[Node]:
        """`target`, with all that is known to be reached from there if that holds for `node` too.

        It does where more nodes never read less, and where a walk from `node` is not kept out of
        another node of its own subgraph.
        """
        known = self._closures.get((target, type_name, avoided))
        if (
            known is None
            or not self._only_grows(type_name)
            or any(other.subgraph == node.subgraph and other is not node for other in known)
        ):
            return frozenset((target,))
        return known

    def _only_grows(self, type_name: str) -> bool:
        """Whether more nodes never read less: they may where there are members or nested keys."""
        only_grows = self._grows.get(type_name)
        if only_grows is None:
            moves = self._graph.entity_moves(type_name)
            only_grows = not self._graph.is_abstract(type_name) and not any(map(_is_nested, moves))
            self._grows[type_name] = only_grows
        return only_grows

    def _may_enter(self, move: EntityMove, type_name: str, offered: set[str]) -> bool:
        """Whether some key has all its fields among those that any node reached so far has."""
        if self._graph.is_abstract(type_name):
            return True
        wanted = self._wanted.get(move)
        if wanted is None:
            wanted = self._wanted[move] = [_top_names(key.fields) for key in move.keys]
        return any(names <= offered for names in wanted)

    def _enters(
        self,
        nodes: Collection[Node],
        type_name: str,
        move: EntityMove,
        avoided: frozenset[str],
    ) -> bool:
        return any(
            any(self._is_local(node, key.fields) for node in nodes)
            or self._solves(nodes, type_name, key.fields, avoided | {move.target.subgraph})
            for key in move.keys
        )

    def _is_given_up(
        self, node: Node, type_name: str, move: EntityMove, avoided: frozenset[str]
    ) -> bool:
        """Whether a nested key can be read at `node` only with the help of its own subgraph."""
        return (
            _is_nested(move)
            and not self._enters((node,), type_name, move, avoided)
            and any(self._solves((node,), type_name, key.fields, avoided) for key in move.keys)
        )

    def narrow(
        self, nodes: Iterable[Node], type_name: str, avoided: frozenset[str] = _NOTHING
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

    def _everywhere(
        self, nodes: Iterable[Node], type_name: str, avoided: frozenset[str]
    ) -> dict[Node, None]:
        return dict.fromkeys(
            found for node in nodes for found in self.closure(node, type_name, avoided)
        )

    # Fields

    def reads(
        self, node: Node, type_name: str, name: str, avoided: frozenset[str] = _NOTHING
    ) -> FieldEdge | None:
        """The edge by which `node` answers a field, its requirements solved."""
        edge = node.fields.get(name)
        if edge is None or edge.is_last_resort:
            return None
        if edge.requires and not self._solves_requires(node, type_name, edge, avoided):
            return None
        return edge

    def _solves_requires(
        self, node: Node, type_name: str, edge: FieldEdge, avoided: frozenset[str]
    ) -> bool:
        """The required fields can be read, and the subgraph can be entered again with them."""
        state = ((node, type_name, avoided), edge.name)
        known = self._requires.get(state)
        if known is not None:
            return known
        if state in self._active:
            return False
        self._enter(state, type_name)
        nodes = self.closure(node, type_name, avoided)
        solved = self._solves(nodes, type_name, edge.requires, avoided) and any(
            move.target.subgraph == node.subgraph
            and any(self._solves(nodes, type_name, key.fields, avoided) for key in move.keys)
            for move in self._graph.entity_moves(type_name)
        )
        self._active.discard(state)
        if solved or not self._active:
            self._requires[state] = solved
        return solved

    # Keys and requirements

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
            and not edge.needs_entry
            and not self._is_labelled(node, name)
        )

    def _is_labelled(self, node: Node, name: str) -> bool:
        types = self._graph.supergraph.subgraphs[node.subgraph].types
        field = types[node.type_name].fields.get(name)
        return field is not None and bool(field.active_if or field.inactive_if)

    def _solves(
        self,
        nodes: Collection[Node],
        type_name: str,
        fields: FieldSet,
        avoided: frozenset[str],
    ) -> bool:
        """Whether an object that can be read at all `nodes` can have a field set read."""
        return all(self._solves_item(nodes, type_name, item, avoided) for item in fields)

    def _solves_item(
        self,
        nodes: Collection[Node],
        type_name: str,
        item: FieldSetField | FieldSetFragment,
        avoided: frozenset[str],
    ) -> bool:
        if isinstance(item, FieldSetFragment):
            return self._solves_members(nodes, type_name, item.type_name, item.selections, avoided)
        if item.name == "__typename":
            return True
        is_read = any(item.name in node.fields for node in nodes)
        if self._graph.is_abstract(type_name) and not is_read:
            return self._solves_members(nodes, type_name, type_name, (item,), avoided)
        edges = [
            edge
            for node in nodes
            if not self._is_labelled(node, item.name)
            and (edge := self.reads(node, type_name, item.name, avoided))
        ]
        if not item.selections:
            return bool(edges)
        targets = dict.fromkeys(edge.target for edge in edges if edge.target is not None)
        if not targets:
            return False
        return self._solves_below(
            targets, self._field_type(type_name, item.name, edges[0]), item.selections, avoided
        )

    def _solves_below(
        self,
        targets: Collection[Node],
        type_name: str,
        fields: FieldSet,
        avoided: frozenset[str],
    ) -> bool:
        """Where the object was read, or only then, wherever it can be read."""
        return self._solves(targets, type_name, fields, avoided) or self._solves(
            self._everywhere(targets, type_name, avoided), type_name, fields, avoided
        )

    def _field_type(self, type_name: str, name: str, edge: FieldEdge) -> str:
        ref = self._graph.supergraph.field_types.get(type_name, {}).get(name)
        return named_type(ref if ref is not None else edge.type)

    def _solves_members(
        self,
        nodes: Collection[Node],
        type_name: str,
        condition: str,
        fields: FieldSet,
        avoided: frozenset[str],
    ) -> bool:
        """Solve for every object type that can stand here and meets the condition."""
        possible = self._graph.possible_types(condition)
        if not self._graph.is_abstract(type_name):
            return type_name not in possible or self._solves(nodes, type_name, fields, avoided)
        found = self.narrow(nodes, type_name, avoided)
        if not found and any(node.is_interface_object for node in nodes):
            return False  # nobody can be asked which type stands here
        return all(
            self._solves_below(members, member, fields, avoided)
            for member, members in found.items()
            if member in possible
        )


def _is_nested(move: EntityMove) -> bool:
    return any(
        isinstance(item, FieldSetField) and item.selections
        for key in move.keys
        for item in key.fields
    )


def _top_names(fields: FieldSet) -> frozenset[str]:
    return frozenset(
        item.name
        for item in fields
        if isinstance(item, FieldSetField) and item.name != "__typename"
    )
