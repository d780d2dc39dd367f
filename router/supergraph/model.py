"""A supergraph: what each subgraph can answer, as read from the join specification.

Everything is frozen and built once by `load_supergraph`. Types are known under their supergraph
names; a type reference is its SDL text ("[User!]!").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from router.supergraph.api_schema import build_api_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLSchema

    from router.federation.field_set import FieldSet

TypeKind = Literal["scalar", "object", "interface", "union", "enum", "input"]
Coordinate = str | tuple[str, str] | tuple[str, str, str]
"""A type name, (type, field) or (type, field, argument)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A @key of an entity type in one subgraph.

    Attributes:
        is_resolvable: Whether `_entities` of the subgraph takes it.
    """

    fields: FieldSet
    text: str
    is_resolvable: bool = True


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument of a subgraph's field that is filled from a @context, hidden from clients.

    Attributes:
        type: As the subgraph declares it.
        context: Name of the context in the supergraph; see `Supergraph.contexts`.
        selection: Of the nearest object above that sets the context: the one value to take.
    """

    name: str
    type: str
    context: str
    selection: FieldSet


@dataclass(frozen=True, slots=True)
class SubgraphField:
    """A field of a type as one subgraph defines it.

    Attributes:
        type: The type reference in this subgraph's schema, which may differ in nullability.
        is_external: Known to the subgraph but answered elsewhere, except where provided.
        requires: What a representation must carry before the subgraph can answer the field.
        provides: What is answered below the field although it is external elsewhere.
        active_if: Override label under which this subgraph answers; None for always.
        inactive_if: Override label under which another subgraph took the field over.
        context_arguments: Arguments filled from a @context.
    """

    name: str
    type: str
    is_external: bool = False
    requires: FieldSet = ()
    provides: FieldSet = ()
    active_if: str | None = None
    inactive_if: str | None = None
    context_arguments: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class SubgraphType:
    """A composite type as one subgraph defines it.

    Attributes:
        interfaces: Interfaces it implements in this subgraph.
        possible_types: Object types it may be at run time in this subgraph, sorted; itself for an
            object type.
        is_interface_object: An interface of the supergraph that is an object type here.
        is_joined: The supergraph says that the subgraph has it; before join v0.2 some types are
            only taken to be everywhere.
    """

    name: str
    kind: TypeKind
    keys: tuple[Key, ...]
    fields: Mapping[str, SubgraphField]
    interfaces: tuple[str, ...]
    possible_types: tuple[str, ...]
    is_interface_object: bool = False
    is_joined: bool = True


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One service.

    Attributes:
        types: Its object types, interfaces and unions.
    """

    name: str
    url: str
    types: Mapping[str, SubgraphType]


@dataclass(frozen=True, slots=True)
class SecurityRequirement:
    """What a viewer needs before a type or field may be read; all three must hold.

    Attributes:
        scopes: One of these sets must be held as a whole; () asks for none.
        policies: The same for named policies.
    """

    authenticated: bool = False
    scopes: tuple[tuple[str, ...], ...] = ()
    policies: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ListSize:
    """@listSize of a field: how many items to reckon with before the operation runs.

    Attributes:
        needs_one: `requireOneSlicingArgument`: clients have to give exactly one of the slicing
            arguments.
    """

    assumed_size: int | None
    slicing_arguments: tuple[str, ...]
    sized_fields: tuple[str, ...]
    needs_one: bool


@dataclass(frozen=True)
class Supergraph:
    """The composed schema and who answers what in it.

    Attributes:
        api_sdl: The API schema as SDL.
        subgraphs: By the name in `join__Graph`, in the order of that enum.
        root_types: "query", "mutation" and "subscription" to type names.
        kinds: Kind of every type, `@inaccessible` ones included.
        field_types: Composite type to field to type reference, as the supergraph has it.
        possible_types: Composite type to the object types it may be anywhere, sorted.
        contexts: Name of a @context to the object types that set it.
        override_labels: Labels of progressive @override, sorted.
        security: Requirements by type name or (type, field).
        cost: @cost weights by type name, (type, field) or (type, field, argument).
        list_sizes: @listSize by (type, field).
    """

    api_sdl: str
    subgraphs: Mapping[str, Subgraph]
    root_types: Mapping[str, str]
    kinds: Mapping[str, TypeKind]
    field_types: Mapping[str, Mapping[str, str]]
    possible_types: Mapping[str, tuple[str, ...]]
    contexts: Mapping[str, frozenset[str]]
    override_labels: tuple[str, ...]
    security: Mapping[Coordinate, SecurityRequirement]
    cost: Mapping[Coordinate, int]
    list_sizes: Mapping[Coordinate, ListSize]

    @cached_property
    def api_schema(self) -> GraphQLSchema:
        """What clients see and operations are validated against; built at first use."""
        return build_api_schema(self.api_sdl)
