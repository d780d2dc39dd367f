"""What the query graph is made of: places where an object can be read, and moves between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.federation.field_set import FieldSet
    from router.supergraph import ContextArgument, Key


class Graph(Protocol):
    """What nodes ask the query graph."""

    def expand(self, node: Node) -> tuple[Mapping[str, FieldEdge], Mapping[str, Node]]: ...

    def possible_types(self, type_name: str) -> tuple[str, ...]: ...

    def has_varying_members(self, type_name: str, field: str) -> bool: ...


class Node:
    """A composite type in one subgraph; under a @provides path also what is provided there.

    Attributes:
        type_name: The type in the subgraph; for an @interfaceObject the interface's name.
        provided: Fields answered here although they are external elsewhere in the subgraph.
        is_abstract: An interface or union in this subgraph.
        is_interface_object: An object type here, an interface in the supergraph.
    """

    __slots__ = (
        "_fields",
        "_members",
        "graph",
        "is_abstract",
        "is_interface_object",
        "provided",
        "subgraph",
        "type_name",
    )

    def __init__(
        self,
        type_name: str,
        subgraph: str,
        provided: FieldSet,
        *,
        kind: str,
        is_interface_object: bool,
        graph: Graph,
    ) -> None:
        self.type_name = type_name
        self.subgraph = subgraph
        self.provided = provided
        self.is_abstract = kind in ("interface", "union")
        self.is_interface_object = is_interface_object
        self.graph = graph
        self._fields: Mapping[str, FieldEdge] | None = None
        self._members: Mapping[str, Node] = {}

    @property
    def fields(self) -> Mapping[str, FieldEdge]:
        """Fields this subgraph answers here; of an interface those that all its members answer."""
        fields = self._fields
        if fields is None:
            fields, self._members = self.graph.expand(self)
            self._fields = fields
        return fields

    @property
    def members(self) -> Mapping[str, Node]:
        """Object types an abstract type may be at run time in this subgraph."""
        if self._fields is None:
            self._fields, self._members = self.graph.expand(self)
        return self._members

    def __repr__(self) -> str:
        return f"{self.type_name}/{self.subgraph}" + ("*" if self.provided else "")


@dataclass(frozen=True, slots=True, eq=False)
class FieldEdge:
    """A field read inside one subgraph.

    Attributes:
        type: The type reference in the subgraph's schema.
        target: Where the value's own fields are read; None for leaves.
        list_depth: Lists around the value.
        requires: Must be in the representation; such a field is read by entering the subgraph
            with it.
        contexts: Arguments filled from objects above; such a field is read by entering as well.
        is_last_resort: An external key field: the subgraph knows it, but may answer null for it.
        needs_entry: Whether it is read only where its subgraph is entered for it.
        is_narrower: Of an object type here, of an interface or union in the supergraph.
    """

    name: str
    type: str
    target: Node | None
    list_depth: int
    requires: FieldSet = ()
    contexts: tuple[ContextArgument, ...] = ()
    is_last_resort: bool = False
    needs_entry: bool = False
    is_narrower: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class EntityMove:
    """Entering a subgraph through `_entities`.

    Attributes:
        keys: Resolvable keys of the target, any one of which is enough.
        typename: Sent as `__typename` of the representation; None sends the entity's own.
    """

    target: Node
    keys: tuple[Key, ...]
    typename: str | None
