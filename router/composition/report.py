"""Collects errors and hints; nothing stops at the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from router.composition.result import CompositionError, CompositionHint, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from router.composition.codes import ErrorCode, HintCode
    from router.federation.document import Source


class Place(NamedTuple):
    """An offset in a subgraph's SDL; -1 when the element was not written there."""

    subgraph: str
    offset: int = -1


class Report:
    """All errors and hints of one composition, in the order they were found."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._errors: dict[CompositionError, None] = {}
        self._hints: dict[CompositionHint, None] = {}

    def add_source(self, subgraph: str, source: Source) -> None:
        """Make places in this subgraph printable as line and column."""
        self._sources[subgraph] = source

    def error(self, code: ErrorCode, message: str, places: Iterable[Place] = ()) -> None:
        listed = list(places)
        self._errors[
            CompositionError(code.name, message, _subgraphs(listed), self._locations(listed))
        ] = None

    def hint(self, code: HintCode, message: str, places: Iterable[Place] = ()) -> None:
        listed = list(places)
        self._hints[
            CompositionHint(code.name, message, _subgraphs(listed), self._locations(listed))
        ] = None

    def of(self, subgraph: str) -> SubgraphReport:
        return SubgraphReport(self, subgraph)

    def has_errors(self) -> bool:
        return bool(self._errors)

    def error_count(self) -> int:
        return len(self._errors)

    @property
    def errors(self) -> tuple[CompositionError, ...]:
        """Distinct errors."""
        return tuple(self._errors)

    @property
    def hints(self) -> tuple[CompositionHint, ...]:
        """Distinct hints."""
        return tuple(self._hints)

    def _locations(self, places: Sequence[Place]) -> tuple[Location, ...]:
        return tuple(
            dict.fromkeys(
                Location(place.subgraph, *self._sources[place.subgraph].position(place.offset))
                for place in places
                if place.offset >= 0 and place.subgraph in self._sources
            )
        )


class SubgraphReport:
    """What one subgraph has to mend: messages start with its name."""

    __slots__ = ("_report", "_subgraph")

    def __init__(self, report: Report, subgraph: str) -> None:
        self._report = report
        self._subgraph = subgraph

    def error(self, code: ErrorCode, message: str, offset: int = -1) -> None:
        place = Place(self._subgraph, offset)
        self._report.error(code, f"[{self._subgraph}] {message}", [place])

    def hint(self, code: HintCode, message: str, offset: int = -1) -> None:
        place = Place(self._subgraph, offset)
        self._report.hint(code, f"[{self._subgraph}] {message}", [place])


def _subgraphs(places: Sequence[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.subgraph for place in places))
