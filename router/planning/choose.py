"""Choose: one way for every leaf, so that all of them together need few fetches.

Greedy: leaves with fewer alternatives first, each by the way that adds least to what is chosen.
Adding is exact, since ways share their beginnings; a fetch that can share a request with one chosen
before (same subgraph, same level) costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.query_graph.walk import FETCH_COST, FIELD_COST, Need, Reading, Step, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.planning.walk_operation import Leaf

SHARED_FETCH_COST = 100


class Choice:
    """What was chosen.

    Attributes:
        readings: For each leaf, and for each need of a chosen way.
        cost: Estimate for all of it.
    """

    __slots__ = ("_fetches", "_ways", "cost", "readings")

    def __init__(self) -> None:
        self.readings: dict[Leaf | Need, Reading] = {}
        self.cost = 0
        self._ways: set[Way] = set()
        self._fetches: set[tuple[str, int]] = set()

    def add(self, wanted: Leaf | Need) -> None:
        """Choose for one leaf, and for everything that this makes necessary."""
        if wanted in self.readings:
            return
        reading = wanted.readings[0]
        if len(wanted.readings) > 1:
            reading = min(
                wanted.readings, key=lambda item: (self._price(item[0], set()), item[0].cost)
            )
        self.cost += self._price(reading[0], set())
        self.readings[wanted] = reading
        self._take(reading[0])

    def _price(self, way: Way | None, taken: set[Way]) -> int:
        """What a way adds to the chosen ones and to `taken`, where its parts are put."""
        price = 0
        while way is not None and way not in self._ways and way not in taken:
            taken.add(way)
            if way.source is None:
                known = (way.node.subgraph, way.level) in self._fetches
                price += SHARED_FETCH_COST if known else FETCH_COST
                price += 10 * way.level
                for need in way.needs:
                    price += self._price_need(need, taken)
            elif way.step is Step.FIELD:
                price += FIELD_COST
            way = way.source
        return price

    def _price_need(self, need: Need, taken: set[Way]) -> int:
        if len(need.readings) == 1:
            return self._price(need.readings[0][0], taken) + FIELD_COST
        best: tuple[int, set[Way]] | None = None
        for way, _ in need.readings:
            tried = set(taken)
            price = self._price(way, tried)
            if best is None or price < best[0]:
                best = (price, tried)
            if price == 0:
                break
        if best is None:
            return 0
        taken |= best[1]
        return best[0] + FIELD_COST

    def _take(self, way: Way | None) -> None:
        while way is not None and way not in self._ways:
            self._ways.add(way)
            if way.source is None:
                self._fetches.add((way.node.subgraph, way.level))
                for need in way.needs:
                    self.add(need)
            way = way.source


def choose(leaves: Sequence[Leaf]) -> Choice:
    """Choose for all leaves."""
    choice = Choice()
    for leaf in sorted(leaves, key=lambda leaf: len(leaf.readings)):
        choice.add(leaf)
    return choice
