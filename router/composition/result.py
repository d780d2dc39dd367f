"""What composition takes and gives: subgraphs in; a supergraph, errors and hints out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SubgraphDefinition:
    """A subgraph as its owner hands it in.

    Attributes:
        name: As it appears in plans and errors; any text but "" and "_".
        url: Where requests go; may be empty when nothing is ever sent.
        sdl: Federation 1 or 2 schema text.
    """

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a subgraph's SDL; line and column count from 1."""

    subgraph: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CompositionError:
    """Why there is no supergraph.

    Attributes:
        code: Name of an `ErrorCode`.
        subgraphs: Those that have a part in it.
        locations: The elements that clash, where they were written in the SDL.
    """

    code: str
    message: str
    subgraphs: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class CompositionHint:
    """Nothing is refused, but somebody should know."""

    code: str
    message: str
    subgraphs: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Composition:
    """Either a supergraph or at least one error; hints in both cases."""

    supergraph: str | None
    errors: tuple[CompositionError, ...] = ()
    hints: tuple[CompositionHint, ...] = ()
