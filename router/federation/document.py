"""A type system document: what `read_sdl` gives and composition works on.

Offsets count characters from the start of the source; `Source.position` turns one into line and
column. Classes are mutable: expanding and upgrading a subgraph edit them in place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from router.federation.values import Value


class Kind(Enum):
    """Kinds of types, named as in introspection; the value is the SDL keyword."""

    SCALAR = "scalar"
    OBJECT = "type"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT_OBJECT = "input"

    @property
    def words(self) -> str:
        """For messages: "input object"."""
        return "object type" if self is Kind.OBJECT else self.name.replace("_", " ").lower()

    @property
    def a(self) -> str:
        """The same with its article: "an input object"."""
        return f"an {self.words}" if self.words[0] in "aeio" else f"a {self.words}"


class Absent(Enum):
    """The default value of an argument that has none; `None` is the default `null`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(slots=True)
class Directive:
    """A use of a directive.

    Attributes:
        part: Which definition or extension of the type it stands on; 0 is the first.
    """

    name: str
    arguments: dict[str, Value]
    offset: int = -1
    part: int = 0


@dataclass(slots=True)
class InputValue:
    """An argument or an input field."""

    name: str
    type: str
    default: Value | Absent = ABSENT
    directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    offset: int = -1

    @property
    def is_required(self) -> bool:
        return self.type.endswith("!") and self.default is ABSENT


@dataclass(slots=True)
class Field:
    name: str
    type: str
    arguments: dict[str, InputValue] = field(default_factory=dict)
    directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    offset: int = -1
    part: int = 0


@dataclass(slots=True)
class EnumValue:
    name: str
    directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    offset: int = -1


@dataclass(slots=True)
class TypeDefinition:
    """One definition or extension; after assembling, a type with all its parts.

    Attributes:
        interfaces: Name of each implemented interface, with the offset where it is named.
        members: The same for the members of a union.
        has_definition: False while only extensions of it were seen.
        extension_parts: Which parts are extensions.
    """

    kind: Kind
    name: str
    fields: dict[str, Field] = field(default_factory=dict)
    input_fields: dict[str, InputValue] = field(default_factory=dict)
    values: dict[str, EnumValue] = field(default_factory=dict)
    interfaces: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    offset: int = -1
    has_definition: bool = True
    extension_parts: set[int] = field(default_factory=set)

    @property
    def is_composite(self) -> bool:
        return self.kind in COMPOSITE_KINDS

    def elements(self) -> Iterator[TypeDefinition | Field | InputValue | EnumValue]:
        """The type and everything in it that directives can stand on."""
        yield self
        for field_ in self.fields.values():
            yield field_
            yield from field_.arguments.values()
        yield from self.input_fields.values()
        yield from self.values.values()


COMPOSITE_KINDS = (Kind.OBJECT, Kind.INTERFACE, Kind.UNION)


@dataclass(slots=True)
class DirectiveDefinition:
    name: str
    arguments: dict[str, InputValue] = field(default_factory=dict)
    locations: list[str] = field(default_factory=list)
    is_repeatable: bool = False
    description: str | None = None
    offset: int = -1


@dataclass(slots=True)
class SchemaDefinition:
    """A `schema` definition or extension; `operations` maps "query" to a type name."""

    operations: dict[str, str] = field(default_factory=dict)
    directives: list[Directive] = field(default_factory=list)
    description: str | None = None
    offset: int = -1
    is_extension: bool = False


@dataclass(slots=True)
class Duplicate:
    """Something declared twice where once is allowed: "field", "User.name"."""

    what: str
    coordinate: str
    offset: int


@dataclass(slots=True)
class Document:
    """Definitions and extensions in source order, not yet put together."""

    schemas: list[SchemaDefinition] = field(default_factory=list)
    types: list[TypeDefinition] = field(default_factory=list)
    directives: list[DirectiveDefinition] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)


LINE_END: Final = re.compile(r"\r\n|\n|\r")


class Source:
    """A text whose offsets can be told as line and column."""

    __slots__ = ("_line_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_starts: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in LINE_END.finditer(self.text))]
        line_number = bisect_right(self._line_starts, offset)
        return line_number, offset - self._line_starts[line_number - 1] + 1
