"""The query graph: which subgraph can read what, and how to get from one subgraph to another.

Nodes are made when they are first looked at, so that a supergraph of thousands of types costs an
operation no more than the types it touches. What makes an edge:

- A field of an object type, unless it is external there. A provided field is read in a copy of the
  node that only the @provides path leads to. An external key field is a last resort.
- A field of an interface only where every member in that subgraph reads it without detour;
  elsewhere the walker goes member by member.
- A field with a @requires, or with arguments from a @context, is read by entering its subgraph.
- A progressive @override is decided here: one graph per set of active labels.
- Entities are entered by any resolvable key. An object is entered as itself, and as any interface
  of it that is an @interfaceObject somewhere; an @interfaceObject leads back to the interface
  where that has a key.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from router.federation.field_set import (
    FieldSet,
    FieldSetField,
    FieldSetFragment,
    merge_field_sets,
)
from router.federation.type_refs import named_type
from router.query_graph.nodes import EntityMove, FieldEdge, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.supergraph import SubgraphField, SubgraphType, Supergraph

_NO_NODES: Mapping[str, Node] = MappingProxyType({})


class QueryGraph:
    """All ways to read a supergraph's fields.

    Attributes:
        override_labels: Labels of progressive @override that hold.
    """

    def __init__(
        self, supergraph: Supergraph, override_labels: frozenset[str] = frozenset()
    ) -> None:
        self.supergraph = supergraph
        self.override_labels = override_labels
        self.query_type = supergraph.root_types["query"]
        self._nodes: dict[tuple[str, str, FieldSet], Node | None] = {}
        self._moves: dict[str, tuple[EntityMove, ...]] = {}
        self._interface_objects = self._find_interface_objects()
        self._varying: dict[tuple[str, str], bool] = {}

    def node(self, type_name: str, subgraph: str, provided: FieldSet = ()) -> Node | None:
        """The place of a type in a subgraph; None where the subgraph does not define the type."""
        key = (type_name, subgraph, provided)
        try:
            return self._nodes[key]
        except KeyError:
            pass
        view = self.supergraph.subgraphs[subgraph].types.get(type_name)
        node = None
        if view is not None:
            node = Node(
                type_name,
                subgraph,
                provided,
                kind=view.kind if not view.is_interface_object else "object",
                is_interface_object=view.is_interface_object,
                graph=self,
            )
        self._nodes[key] = node
        return node

    def roots(self, operation: str) -> tuple[Node, ...]:
        """The root type of an operation kind in each subgraph that has it."""
        type_name = self.supergraph.root_types.get(operation)
        if type_name is None:
            return ()
        nodes = (self.node(type_name, name) for name in self.supergraph.subgraphs)
        return tuple(node for node in nodes if node is not None)

    def entity_moves(self, type_name: str) -> tuple[EntityMove, ...]:
        """Ways into other subgraphs for an object, or for a value of an interface as a whole."""
        moves = self._moves.get(type_name)
        if moves is None:
            moves = self._moves[type_name] = tuple(self._find_moves(type_name))
        return moves

    def possible_types(self, type_name: str) -> tuple[str, ...]:
        """Object types a value of the type may be, in any subgraph."""
        return self.supergraph.possible_types.get(type_name, (type_name,))

    def is_abstract(self, type_name: str) -> bool:
        return self.supergraph.kinds[type_name] in ("interface", "union")

    def has_varying_members(self, type_name: str, field: str) -> bool:
        """Whether subgraphs that answer the field disagree on the members of its union."""
        key = (type_name, field)
        varying = self._varying.get(key)
        if varying is None:
            varying = self._varying[key] = self._members_vary(type_name, field)
        return varying

    def _members_vary(self, type_name: str, field: str) -> bool:
        ref = self.supergraph.field_types.get(type_name, {}).get(field)
        if ref is None or self.supergraph.kinds.get(named_type(ref)) != "union":
            return False
        members = set()
        for name in self.supergraph.subgraphs:
            node = self.node(type_name, name)
            edge = node.fields.get(field) if node is not None else None
            if edge is not None and edge.target is not None:
                members.add(tuple(edge.target.members))
        return len(members) > 1

    def _find_interface_objects(self) -> Mapping[str, tuple[str, ...]]:
        """Interfaces that are an @interfaceObject somewhere, with those subgraphs."""
        found: dict[str, list[str]] = {}
        for subgraph in self.supergraph.subgraphs.values():
            for view in subgraph.types.values():
                if view.is_interface_object:
                    found.setdefault(view.name, []).append(subgraph.name)
        return {name: tuple(subgraphs) for name, subgraphs in found.items()}

    def _find_moves(self, type_name: str) -> list[EntityMove]:
        moves = []
        for name, subgraph in self.supergraph.subgraphs.items():
            view = subgraph.types.get(type_name)
            if view is None or (view.kind != "object" and type_name not in self._interface_objects):
                continue
            as_interface = self.is_abstract(type_name)
            moves += self._moves_into(type_name, name, type_name if as_interface else None)
        if not self.is_abstract(type_name):
            for interface, subgraphs in self._interface_objects.items():
                if type_name in self.possible_types(interface):
                    for name in subgraphs:
                        moves += self._moves_into(interface, name, interface)
        return moves

    def _moves_into(self, type_name: str, subgraph: str, typename: str | None) -> list[EntityMove]:
        node = self.node(type_name, subgraph)
        view = self.supergraph.subgraphs[subgraph].types[type_name]
        keys = {key.fields: key for key in view.keys if key.is_resolvable}
        return [EntityMove(node, tuple(keys.values()), typename)] if node and keys else []

    def expand(self, node: Node) -> tuple[Mapping[str, FieldEdge], Mapping[str, Node]]:
        """Fields and members of a node."""
        view = self.supergraph.subgraphs[node.subgraph].types[node.type_name]
        if node.is_abstract:
            return self._expand_abstract(node, view)
        provided = _provided_to(node.provided, node.type_name, view.interfaces)
        keys = {
            item.name for key in view.keys for item in key.fields if isinstance(item, FieldSetField)
        }
        fields = {}
        for field in view.fields.values():
            edge = self._edge(field, node, provided.get(field.name), is_key=field.name in keys)
            if edge is not None:
                fields[field.name] = edge
        return fields, _NO_NODES

    def _edge(
        self, field: SubgraphField, node: Node, provided: FieldSet | None, *, is_key: bool
    ) -> FieldEdge | None:
        if not self._is_active(field):
            return None
        is_last_resort = field.is_external and provided is None
        if is_last_resort and not is_key:
            return None
        target = None
        name = named_type(field.type)
        if self.supergraph.kinds.get(name) in ("object", "interface", "union"):
            below = merge_field_sets(field.provides, provided or ())
            target = self.node(name, node.subgraph, below)
            if target is None:
                return None
        requires = () if provided is not None else field.requires
        return FieldEdge(
            name=field.name,
            type=field.type,
            target=target,
            list_depth=field.type.count("["),
            requires=requires,
            contexts=field.context_arguments,
            is_last_resort=is_last_resort,
            needs_entry=bool(requires or field.context_arguments),
            is_narrower=self._is_narrower(node.type_name, field.name, target),
        )

    def _is_narrower(self, type_name: str, field: str, target: Node | None) -> bool:
        if target is None or target.is_abstract or target.is_interface_object:
            return False
        ref = self.supergraph.field_types.get(type_name, {}).get(field)
        return ref is not None and self.is_abstract(named_type(ref))

    def _is_active(self, field: SubgraphField) -> bool:
        labels = self.override_labels
        return (field.active_if is None or field.active_if in labels) and (
            field.inactive_if is None or field.inactive_if not in labels
        )

    def _expand_abstract(
        self, node: Node, view: SubgraphType
    ) -> tuple[Mapping[str, FieldEdge], Mapping[str, Node]]:
        types = self.supergraph.subgraphs[node.subgraph].types
        members: dict[str, Node] = {}
        for name in view.possible_types:
            below = _provided_below(node.provided, name, types[name].interfaces)
            member = self.node(name, node.subgraph, below)
            if member is not None:
                members[name] = member
        fields = {}
        provided = _provided_to(node.provided, node.type_name, view.interfaces)
        for field in view.fields.values():
            edge = self._edge(field, node, provided.get(field.name), is_key=False)
            if edge is not None and all(_reads(item, edge) for item in members.values()):
                fields[field.name] = edge
        return fields, members


def _reads(member: Node, edge: FieldEdge) -> bool:
    """Whether a member reads an interface's field, and no more is provided there."""
    own = member.fields.get(edge.name)
    if own is None or own.needs_entry or own.is_last_resort:
        return False
    provided = () if own.target is None else own.target.provided
    return provided == (() if edge.target is None else edge.target.provided)


def _provided_to(
    provided: FieldSet, type_name: str, interfaces: tuple[str, ...]
) -> Mapping[str, FieldSet]:
    """Fields provided to an object of the type, with what is provided below each."""
    fields: dict[str, FieldSet] = {}
    for item in _provided_below(provided, type_name, interfaces):
        if isinstance(item, FieldSetField):
            fields[item.name] = merge_field_sets(fields.get(item.name, ()), item.selections)
    return fields


def _provided_below(provided: FieldSet, type_name: str, interfaces: tuple[str, ...]) -> FieldSet:
    """The part of a provided selection that holds for an object of the type."""
    if not provided:
        return ()
    parts: list[FieldSet] = []
    for item in provided:
        if isinstance(item, FieldSetFragment):
            if item.type_name == type_name or item.type_name in interfaces:
                parts.append(_provided_below(item.selections, type_name, interfaces))
        else:
            parts.append((item,))
    return merge_field_sets(*parts)
