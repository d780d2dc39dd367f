"""Choose: one way for every leaf, so that all of them together need few fetches.

Greedy: leaves with fewer alternatives first, each by the way that adds least to what is chosen.
Adding is exact, since ways share their beginnings. Two ways that enter the same subgraph with the
same key at the same position count as one even where they were found apart, one for the client's
fields and one for a key; a fetch that can share a request with one chosen before (same subgraph,
same level) costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.query_graph.walk import (
    FETCH_COST,
    FIELD_COST,
    LAST_RESORT_COST,
    Need,
    Place,
    Reading,
    Step,
    Way,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.planning.walk_operation import Leaf

SHARED_FETCH_COST = 100
LEVEL_COST = 100


class Choice:
    """What was chosen.

    Attributes:
        readings: For each leaf, and for each need of a chosen way.
        cost: Estimate for all of it.
    """

    __slots__ = (
        "_fetches",
        "_identities",
        "_numbers",
        "_resorted",
        "_ways",
        "cost",
        "readings",
    )

    def __init__(self) -> None:
        self.readings: dict[Leaf | Need, Reading] = {}
        self.cost = 0
        self._ways: set[int] = set()
        self._fetches: set[tuple[str, int]] = set()
        self._resorted: set[tuple[int, str]] = set()
        self._identities: dict[Way | Place, int] = {}
        self._numbers: dict[tuple[object, ...], int] = {}

    def add(self, wanted: Leaf | Need) -> None:
        """Choose for one leaf, and for everything that this makes necessary."""
        if wanted in self.readings:
            return
        reading = wanted.readings[0]
        if len(wanted.readings) > 1:
            reading = min(
                wanted.readings, key=lambda item: (self._price_reading(item, set()), item[0].cost)
            )
        self.cost += self._price_reading(reading, set())
        self.readings[wanted] = reading
        if reading[1].is_last_resort:
            self._resorted.add((self._identity(reading[0]), reading[1].name))
        self._take(reading[0])

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
                known = (way.node.subgraph, way.level) in self._fetches
                price += SHARED_FETCH_COST if known else FETCH_COST
                price += LEVEL_COST * way.level
                for need in way.needs:
                    price += self._price_need(need, taken)
            elif way.step is Step.FIELD:
                price += FIELD_COST
            way = way.source
        return price

    def _price_need(self, need: Need, taken: set[int]) -> int:
        if len(need.readings) == 1:
            return self._price_reading(need.readings[0], taken) + FIELD_COST
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
                self._fetches.add((way.node.subgraph, way.level))
                for need in way.needs:
                    self.add(need)
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
                None if entry is None else (entry.key.text, entry.requires),
            )
            number = self._identities[way] = self._numbers.setdefault(how, len(self._numbers))
        return number

    def _position(self, place: Place) -> int:
        number = self._identities.get(place)
        if number is None:
            above = None if place.parent is None else self._position(place.parent)
            key = place.response_key or place.edge_name or place.type_name
            where: tuple[object, ...] = ("at", above, key, place.arguments)
            number = self._identities[place] = self._numbers.setdefault(where, len(self._numbers))
        return number


def choose(leaves: Sequence[Leaf]) -> Choice:
    """Choose for all leaves."""
    choice = Choice()
    for leaf in sorted(leaves, key=lambda leaf: len(leaf.readings)):
        choice.add(leaf)
    return choice
