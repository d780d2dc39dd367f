"""Choose: one way for every leaf, so that all of them together need few fetches.

Greedy: leaves with fewer alternatives first, each by the way that adds least to what is chosen.
Adding is exact, since ways share their beginnings. Two ways that enter the same subgraph with the
same key at the same position count as one even where they were found apart, one for the client's
fields and one for a key; a fetch that can share a request with one chosen before (same subgraph,
same level) costs little.

Greedy may take a fetch early that later choices make superfluous. So there are further choices: one
without each fetch for which everything read in it has another way. Which is best is seen once they
have become requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.query_graph.ways import (
    FETCH_COST,
    FIELD_COST,
    LAST_RESORT_COST,
    Need,
    Reading,
    Step,
    Way,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from router.planning.walk_operation import Leaf
    from router.query_graph.ways import Entry, Position

SHARED_FETCH_COST = 100
WAITING_FETCH_COST = 700
LEVEL_COST = 100
AVOIDED_COST = 1000 * FETCH_COST

MAX_TRIES = 8
"""Fetches of the greedy choice that are tried to do without."""

MAX_LEAVES_TRIED = 2_000
"""Leaves that are chosen for again in all tries together: those of large operations are fewer."""

MAX_LOOKS = 5_000
"""Alternatives looked at for needs; then each need is priced by the way that is cheapest alone."""


class Choice:
    """What was chosen.

    Attributes:
        readings: For each leaf, and for each need of a chosen way.
        cost: Estimate for all of it.
    """

    __slots__ = (
        "_avoided",
        "_deepest",
        "_fetches",
        "_identities",
        "_looks",
        "_numbers",
        "_resorted",
        "_ways",
        "cost",
        "readings",
    )

    def __init__(self, avoided: Way | None = None) -> None:
        self._avoided = avoided
        self.readings: dict[Leaf | Need, Reading] = {}
        self.cost = 0
        self._ways: set[int] = set()
        self._fetches: set[tuple[str, int]] = set()
        self._deepest: dict[str, int] = {}
        self._resorted: set[tuple[int, str]] = set()
        self._identities: dict[Way | Position, int] = {}
        self._numbers: dict[tuple[object, ...], int] = {}
        self._looks = 0

    def add(self, leaf: Leaf) -> None:
        """Choose for one leaf, and for everything that this makes necessary."""
        self.cost += self._choose(leaf)

    @property
    def resorts(self) -> int:
        """How many fields are read where their subgraph may answer null for them."""
        return len(self._resorted)

    def dispensable(self) -> list[Way]:
        """Fetches, by the way that starts each, that nothing read in them depends on."""
        starts: dict[Way, bool] = {}
        for wanted, (way, _) in self.readings.items():
            start = way.start
            others = any(other.start is not start for other, _ in wanted.readings)
            starts[start] = starts.get(start, True) and others
        return [start for start, is_dispensable in starts.items() if is_dispensable]

    def _choose(self, wanted: Leaf | Need) -> int:
        """Choose a reading and take it; its price."""
        if wanted in self.readings:
            return 0
        reading = wanted.readings[0]
        if len(wanted.readings) > 1:
            reading = min(
                wanted.readings, key=lambda item: (self._price_reading(item, set()), item[0].cost)
            )
        price = self._price_reading(reading, set())
        self.readings[wanted] = reading
        if reading[1].is_last_resort:
            self._resorted.add((self._identity(reading[0]), reading[1].name))
        self._take(reading[0])
        return price

    def _price_reading(self, reading: Reading, taken: set[int]) -> int:
        way, edge = reading
        price = self._price(way, taken)
        if edge.is_last_resort and (self._identity(way), edge.name) not in self._resorted:
            price += LAST_RESORT_COST
        return price

    def _price(self, way: Way | None, taken: set[int]) -> int:
        """What a way adds to the chosen ones and to `taken`, where its parts are put."""
        price = 0
        while way is not None:
            number = self._identity(way)
            if number in self._ways or number in taken:
                break
            taken.add(number)
            if way.source is None:
                price += self._price_fetch(way) + LEVEL_COST * way.level
                if way is self._avoided:
                    price += AVOIDED_COST
                for need in way.needs:
                    price += self._price_need(need, taken)
            elif way.step is Step.FIELD:
                price += FIELD_COST
            way = way.source
        return price

    def _price_fetch(self, way: Way) -> int:
        """Less than a whole fetch if it can share a request, or might by waiting for it."""
        if (way.node.subgraph, way.level) in self._fetches:
            return SHARED_FETCH_COST
        waits = 0 < way.level < self._deepest.get(way.node.subgraph, 0)
        return WAITING_FETCH_COST if waits else FETCH_COST

    def _price_need(self, need: Need, taken: set[int]) -> int:
        if len(need.readings) == 1 or self._looks > MAX_LOOKS:
            return self._price_reading(need.readings[0], taken) + FIELD_COST
        self._looks += len(need.readings)
        best: tuple[int, set[int]] | None = None
        for reading in need.readings:
            tried = set(taken)
            price = self._price_reading(reading, tried)
            if best is None or price < best[0]:
                best = (price, tried)
            if price == 0:
                break
        if best is None:
            return 0
        taken |= best[1]
        return best[0] + FIELD_COST

    def _take(self, way: Way | None) -> None:
        while way is not None:
            self._ways.add(self._identity(way))
            if way.source is None:
                for need in way.needs:  # first: none of them can wait for this fetch
                    self._choose(need)
                subgraph, level = way.node.subgraph, way.level
                self._fetches.add((subgraph, level))
                self._deepest[subgraph] = max(level, self._deepest.get(subgraph, 0))
            way = way.source

    def _identity(self, way: Way) -> int:
        """The same number for ways that stand alike."""
        number = self._identities.get(way)
        if number is None:
            entry = way.entry
            how: tuple[object, ...] = (
                way.node,
                self._position(way.place),
                None if way.source is None else self._identity(way.source),
                None if entry is None else _wanted_by(entry),
            )
            number = self._identities[way] = self._numbers.setdefault(how, len(self._numbers))
        return number

    def _position(self, place: Position) -> int:
        number = self._identities.get(place)
        if number is None:
            above = None if place.parent is None else self._position(place.parent)
            key = place.response_key or place.edge_name or place.type_name
            where: tuple[object, ...] = ("at", above, key, place.arguments)
            number = self._identities[place] = self._numbers.setdefault(where, len(self._numbers))
        return number


def _wanted_by(entry: Entry) -> tuple[object, ...]:
    """What an entry presents; entries at one place that present the same become one fetch."""
    return (entry.key.text, entry.requires, *(context.argument for context in entry.contexts))


def choices(leaves: Sequence[Leaf]) -> Iterator[Choice]:
    """The greedy choice, then those that do without one of its fetches where that can be."""
    greedy = greedy_choice(leaves)
    yield greedy
    tries = min(MAX_TRIES, MAX_LEAVES_TRIED // max(1, len(leaves)))
    for start in greedy.dispensable()[:tries]:
        yield greedy_choice(leaves, start)


def greedy_choice(leaves: Sequence[Leaf], avoided: Way | None = None) -> Choice:
    """One way for each leaf; not one through the avoided fetch where there is another."""
    choice = Choice(avoided)
    for leaf in sorted(leaves, key=lambda leaf: len(leaf.readings)):
        choice.add(leaf)
    return choice
