"""The supergraph while it is being merged, and what each merge step works with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from router.composition.subgraph.schema import use_of
from router.federation.document import (
    Directive,
    DirectiveDefinition,
    Field,
    Kind,
    TypeDefinition,
)
from router.federation.specification import INTERFACE_OBJECT

if TYPE_CHECKING:
    from router.composition.codes import ErrorCode, HintCode
    from router.composition.report import Place, Report
    from router.composition.subgraph.facts import Facts
    from router.composition.subgraph.schema import Located, SubgraphSchema

T = TypeVar("T")

Sources: TypeAlias = Mapping[int, T]
"""One element as the subgraphs have it, by index of the subgraph and in that order."""


@dataclass(slots=True)
class MergedSchema:
    """The supergraph. Its directives keep canonical names until it is printed.

    Attributes:
        joins: The @join__ directives of types, fields, input fields and enum values, by coordinate:
            ("User",) or ("User", "name").
        implementers: Names of the types that implement each interface.
    """

    types: dict[str, TypeDefinition] = field(default_factory=dict)
    directives: dict[str, DirectiveDefinition] = field(default_factory=dict)
    composed: dict[str, ComposedDirective] = field(default_factory=dict)
    schema_directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    joins: dict[tuple[str, ...], list[Directive]] = field(default_factory=dict)
    implementers: dict[str, list[str]] = field(default_factory=dict)

    def join(self, coordinate: tuple[str, ...], directive: Directive) -> None:
        self.joins.setdefault(coordinate, []).append(directive)

    def implementations(self, interface: str) -> list[TypeDefinition]:
        """The object types that implement an interface."""
        return [
            self.types[name]
            for name in self.implementers.get(interface, ())
            if self.types[name].kind is Kind.OBJECT
        ]


@dataclass(frozen=True, slots=True)
class ComposedDirective:
    """A custom directive that goes into the supergraph.

    Attributes:
        url: Of the link that goes with it, the newest version used.
        original: Its name in the linked specification.
        graphs: Indices of the subgraphs that compose it.
    """

    name: str
    url: str
    original: str
    definition: DirectiveDefinition
    graphs: frozenset[int]


class MergeContext:
    """The subgraphs in order, what is known of them, and where the result grows.

    Attributes:
        enum_usage: Per enum "input", "output" or both: how the merged schema uses it.
        interface_objects: Per interface the @interfaceObject types that stand for it.
    """

    def __init__(
        self, schemas: Sequence[SubgraphSchema], facts: Sequence[Facts], report: Report
    ) -> None:
        self.schemas = schemas
        self.facts = facts
        self.report = report
        self.merged = MergedSchema()
        self.enum_usage: dict[str, set[str]] = {}
        self.interface_objects: dict[str, dict[int, TypeDefinition]] = {}
        self._types: dict[str, dict[int, TypeDefinition]] = {}
        for index, schema in enumerate(schemas):
            for name, definition in schema.types.items():
                self._types.setdefault(name, {})[index] = definition
                if definition.directives and use_of(definition, INTERFACE_OBJECT):
                    self.interface_objects.setdefault(name, {})[index] = definition

    @property
    def type_names(self) -> Iterable[str]:
        return self._types

    def type_sources(self, name: str) -> Sources[TypeDefinition]:
        return self._types.get(name, {})

    def stand_ins(self, parent: TypeDefinition, name: str) -> Iterator[tuple[int, str]]:
        """Subgraphs that resolve a field of `parent` through an @interfaceObject, and which.

        Only subgraphs that do not know `parent` itself.
        """
        if parent.kind is not Kind.OBJECT:
            return
        for interface in parent.interfaces:
            for index, source in self.interface_objects.get(interface, {}).items():
                if name in source.fields and parent.name not in self.schemas[index].types:
                    yield index, interface

    def places(self, sources: Sources[Located]) -> list[Place]:
        """Where the subgraphs that have the element define it."""
        return [self.schemas[index].place(source) for index, source in sources.items()]

    def places_at(self, type_name: str, member: str = "", argument: str = "") -> list[Place]:
        """Where the subgraphs define a type, or a field, input field or value, or an argument."""
        found: list[Place] = []
        for index, definition in self.type_sources(type_name).items():
            element: Located | None = definition
            if member and isinstance(element, TypeDefinition):
                element = (
                    element.fields.get(member)
                    or element.input_fields.get(member)
                    or element.values.get(member)
                )
            if argument and isinstance(element, Field):
                element = element.arguments.get(argument)
            if element is not None:
                found.append(self.schemas[index].place(element))
        return found

    def error(self, code: ErrorCode, message: str, sources: Sources[Located]) -> None:
        self.report.error(code, message, self.places(sources))

    def error_in(self, index: int, code: ErrorCode, message: str, element: Located) -> None:
        """Report what one subgraph has to mend."""
        self.report.of(self.schemas[index].name).error(code, message, element.offset)

    def hint(self, code: HintCode, message: str, sources: Sources[Located]) -> None:
        self.report.hint(code, message, self.places(sources))

    def names(self, indices: Iterable[int]) -> str:
        """Subgraph names for messages: `"a", "b" and "c"`."""
        names = [f'"{self.schemas[index].name}"' for index in indices]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def differing(context: MergeContext, shown: Sources[str]) -> str:
    """For messages: `String in "a" and "b" but Int in "c"`."""
    groups: dict[str, list[int]] = {}
    for index, text in shown.items():
        groups.setdefault(text, []).append(index)
    return " but ".join(f"{text} in {context.names(indices)}" for text, indices in groups.items())
