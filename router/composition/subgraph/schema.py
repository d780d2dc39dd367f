"""A subgraph's schema as the rules and the merge see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from router.composition.report import Place
from router.federation.document import (
    Directive,
    DirectiveDefinition,
    Field,
    Kind,
    Source,
    TypeDefinition,
)
from router.federation.specification import KEY


class Located(Protocol):
    """What has an offset in the SDL."""

    offset: int


class Directed(Protocol):
    """What directives stand on."""

    directives: list[Directive]


if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.federation.links import Links


@dataclass(eq=False)
class SubgraphSchema:
    """One subgraph, its definitions and extensions put together.

    Directives of federation carry the names of router.federation.specification; root types are
    called Query, Mutation and Subscription. Reading and upgrading edit it; later phases do not.

    Attributes:
        graph: Its value of the enum join__Graph.
        directives: The schema's own definitions; none of federation's.
        schema_directives: What stands on `schema`, without @link.
        federation_directives: What may be used here, by the names of the specification module.
    """

    name: str
    url: str
    graph: str
    source: Source
    links: Links
    version: tuple[int, int]
    types: dict[str, TypeDefinition]
    directives: dict[str, DirectiveDefinition]
    schema_directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    federation_directives: dict[str, DirectiveDefinition] = field(default_factory=dict)

    @property
    def is_federation_1(self) -> bool:
        return self.version < (2, 0)

    def place(self, element: Located | int = -1) -> Place:
        """Where an element stands, for errors."""
        return Place(self.name, element if isinstance(element, int) else element.offset)

    @cached_property
    def implementations(self) -> dict[str, tuple[TypeDefinition, ...]]:
        """The object types of each interface, in source order."""
        found: dict[str, list[TypeDefinition]] = {}
        for definition in self.types.values():
            if definition.kind is Kind.OBJECT:
                for interface in definition.interfaces:
                    found.setdefault(interface, []).append(definition)
        return {name: tuple(types) for name, types in found.items()}

    def forget_implementations(self) -> None:
        """To be called when a type was taken out."""
        self.__dict__.pop("implementations", None)

    def possible_types(self, name: str) -> tuple[str, ...]:
        """The object types a value of type `name` can have in this subgraph."""
        definition = self.types.get(name)
        if definition is None:
            return ()
        if definition.kind is Kind.UNION:
            return tuple(definition.members)
        if definition.kind is Kind.INTERFACE:
            return tuple(
                implementation.name for implementation in self.implementations.get(name, ())
            )
        return (name,)

    def fields(self) -> Iterator[tuple[TypeDefinition, Field]]:
        """All fields of object and interface types."""
        for definition in self.types.values():
            for element in definition.fields.values():
                yield definition, element


def use_of(element: Directed, name: str) -> Directive | None:
    """The first use of a directive on an element."""
    for directive in element.directives:
        if directive.name == name:
            return directive
    return None


def uses_of(element: Directed, name: str) -> list[Directive]:
    return [directive for directive in element.directives if directive.name == name]


def is_resolvable(key: Directive) -> bool:
    return key.arguments.get("resolvable", True) is not False


def keys_of(definition: TypeDefinition) -> list[Directive]:
    return uses_of(definition, KEY)
