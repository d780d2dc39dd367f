"""What a walk finds: positions in the response, ways to stand there, and what these need.

Ways share their beginnings, so a set of ways is a tree, and what a set of ways costs is the sum
over its members.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from router.query_graph.nodes import EntityMove, FieldEdge, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from router.federation.field_set import FieldSet, FieldSetField
    from router.query_graph.build import QueryGraph
    from router.supergraph import ContextArgument, Key

FETCH_COST = 1000
LAST_RESORT_COST = 10 * FETCH_COST
FIELD_COST = 1

TYPENAME = FieldEdge("__typename", "String!", None, 0)


class Step(Enum):
    """How a way continues the way it comes from."""

    ROOT = auto()
    FIELD = auto()
    MEMBER = auto()
    ENTITY = auto()
    REENTRY = auto()


class Way:
    """One manner of standing at a place.

    Attributes:
        node: Where in the query graph it stands.
        source: The way it continues inside the same fetch; None if a fetch starts here.
        start: The way that starts the fetch it reads in.
        edge: The field read last, for `FIELD`.
        entry: How the fetch is entered, for `ENTITY`.
        needs: What must be in the response before the fetch it starts, for `ENTITY`, `REENTRY`.
        cost: What it costs alone, from the root.
        level: Fetches that must be done before the fetch it is in can start.
    """

    __slots__ = (
        "cost",
        "edge",
        "entry",
        "level",
        "needs",
        "node",
        "place",
        "source",
        "start",
        "step",
    )

    def __init__(  # noqa: PLR0913  a record; keywords name what is optional
        self,
        step: Step,
        place: Position,
        node: Node,
        *,
        cost: int,
        level: int,
        source: Way | None = None,
        edge: FieldEdge | None = None,
        entry: Entry | None = None,
        needs: tuple[Need, ...] = (),
    ) -> None:
        self.step = step
        self.place = place
        self.node = node
        self.cost = cost
        self.level = level
        self.source = source
        self.start: Way = self if source is None else source.start
        self.edge = edge
        self.entry = entry
        self.needs = needs


Reading = tuple[Way, FieldEdge]
"""A field, read on a way."""


class Need:
    """A leaf that must be in the response before something else can be fetched.

    Attributes:
        readings: Alternatives, cheapest first.
    """

    __slots__ = ("arguments", "name", "place", "readings")

    def __init__(self, place: Position, name: str, arguments: str, readings: list[Reading]) -> None:
        self.place = place
        self.name = name
        self.arguments = arguments
        self.readings = readings


@dataclass(frozen=True, slots=True, eq=False)
class SolvedField:
    """A field of a field set that can be had.

    Attributes:
        need: The leaf itself, or for a composite field what proves that it is there; None where
            something below does.
        place: Of the value, for a composite field.
    """

    field: FieldSetField
    need: Need | None
    place: Position | None = None
    below: tuple[Solved, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SolvedFragment:
    """What is needed of values of one object type."""

    type_name: str
    below: tuple[Solved, ...]


Solved = SolvedField | SolvedFragment


@dataclass(frozen=True, slots=True, eq=False)
class ContextSource:
    """Objects above a place that set a context.

    Attributes:
        types: Object types among them that do; empty for all.
        solved: The value they hand down.
    """

    place: Position
    types: tuple[str, ...]
    solved: tuple[Solved, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SolvedContext:
    """Where the value of an argument comes from: the first source that has the object's type."""

    argument: ContextArgument
    sources: tuple[ContextSource, ...]

    def needs(self) -> Iterator[Need]:
        for source in self.sources:
            yield from needs_of(source.solved)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What a representation is made of.

    Attributes:
        requires: What the fetch's @requires fields need besides the key.
        required_by: The field that has the @requires, or the arguments from contexts.
        contexts: What such arguments need of objects above.
    """

    move: EntityMove
    key: Key
    key_solved: tuple[Solved, ...]
    requires: FieldSet = ()
    requires_solved: tuple[Solved, ...] = ()
    required_by: str | None = None
    contexts: tuple[SolvedContext, ...] = ()

    def needs(self) -> Iterator[Need]:
        yield from needs_of(self.key_solved)
        yield from needs_of(self.requires_solved)
        for context in self.contexts:
            yield from context.needs()


class Position(ABC):
    """Where in the response a walk stands, and the ways found to stand there.

    Attributes:
        type_name: Static type: of the field, or the object type it is narrowed to.
        parent: The position it is below; None for the root.
        edge_name: Field that leads here from the parent; None for the root and type conditions.
        arguments: Of that field, as printed.
        variables: Those the arguments use.
        response_key: Of that field in the response; None until one is chosen.
        conditions: Under which the position is there at all.
        ways: Those known so far.
    """

    __slots__ = (
        "arguments",
        "conditions",
        "edge_name",
        "graph",
        "list_depth",
        "parent",
        "response_key",
        "type_name",
        "variables",
        "ways",
    )

    def __init__(
        self,
        graph: QueryGraph,
        type_name: str,
        parent: Position | None = None,
        edge_name: str | None = None,
        arguments: str = "",
    ) -> None:
        self.graph = graph
        self.type_name = type_name
        self.parent = parent
        self.edge_name = edge_name
        self.arguments = arguments
        self.variables: tuple[str, ...] = ()
        self.list_depth = 0
        self.response_key: str | None = None
        self.conditions: frozenset[tuple[str, bool]] = (
            parent.conditions if parent is not None else frozenset()
        )
        self.ways: list[Way] = []

    @property
    def is_abstract(self) -> bool:
        return self.graph.is_abstract(self.type_name)

    @property
    def is_narrowed(self) -> bool:
        return self.parent is not None and self.edge_name is None

    def above(self) -> Position | None:
        """The position of the object that has the field which leads here; None for the root."""
        at = self
        while at.is_narrowed and at.parent is not None:
            at = at.parent
        return at.parent

    # What is needed at a position is solved by walking on from it.

    @abstractmethod
    def readings(
        self, name: str, ways: Sequence[Way] | None = None, *, wide: bool = False
    ) -> list[Reading]:
        """Alternatives for a field, cheapest first; see `Place`."""

    @abstractmethod
    def below(self, name: str, arguments: str, readings: Sequence[Reading]) -> Position:
        """The position of a composite field's value."""

    @abstractmethod
    def narrow(self, type_name: str) -> Position:
        """The same position, for objects of one type."""

    @abstractmethod
    def member_types(self) -> tuple[str, ...]:
        """Object types a value may have here, sorted."""

    @abstractmethod
    def close(self) -> None:
        """Add every way to enter another subgraph here."""


def needs_of(solved: Iterable[Solved]) -> Iterator[Need]:
    """All leaves of a solved field set."""
    for item in solved:
        if isinstance(item, SolvedField) and item.need is not None:
            yield item.need
        yield from needs_of(item.below)


def price_of(needs: Iterable[Need]) -> tuple[int, int]:
    """Cost and level of reading everything, each by what adds least; what is shared counts once."""
    taken: set[Way] = set()
    price = level = 0
    for need in sorted(needs, key=_alternatives):
        cost, at, added = min((_price_of(item, taken) for item in need.readings), key=_by_cost)
        price += cost
        level = max(level, at)
        taken |= added
    return price, level


def _alternatives(need: Need) -> int:
    return len(need.readings)


def _by_cost(priced: tuple[int, int, set[Way]]) -> int:
    return priced[0]


def _price_of(reading: Reading, taken: set[Way]) -> tuple[int, int, set[Way]]:
    """What a reading costs besides what is taken, its level, and the ways that it adds."""
    way, edge = reading
    added: set[Way] = set()
    cost = LAST_RESORT_COST if edge.is_last_resort else FIELD_COST
    return cost + _collect(way, taken, added), way.level, added


def _collect(way: Way | None, taken: set[Way], added: set[Way]) -> int:
    """Add a way with all that it needs; what those cost that are not taken yet."""
    cost = 0
    while way is not None and way not in taken and way not in added:
        added.add(way)
        cost += _own_cost(way)
        for need in way.needs:
            cost += _collect(need.readings[0][0], taken, added)
        way = way.source
    return cost


def _own_cost(way: Way) -> int:
    if way.source is None:
        return FETCH_COST
    return FIELD_COST if way.step is Step.FIELD else 0
