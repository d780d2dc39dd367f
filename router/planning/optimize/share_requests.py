"""Share requests: parts of the same subgraph go into one request where nothing is delayed.

Parts on the same level never wait for each other, so they always share. A part may also wait for a
later one, as long as everything that depends on it still ends in time: the depth of the plan stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from router.planning.fetch_graph import Part

MAX_SHIFTED = 200
"""Requests up to which waiting for a later one is tried: the search looks at every pair."""


@dataclass(slots=True, eq=False)
class Request:
    """Parts that are sent to a subgraph together; either one part of root fields, or entities.

    Attributes:
        level: 0 for what depends on nothing, else one more than the highest it depends on.
    """

    subgraph: str
    parts: list[Part]
    depends_on: dict[Request, None] = field(default_factory=dict)
    level: int = 0

    @property
    def is_entities(self) -> bool:
        return self.parts[0].representation is not None


def share_requests(parts: Sequence[Part]) -> list[Request]:
    """Put parts into requests; each request comes after those it depends on.

    Args:
        parts: Each after those it depends on.
    """
    requests = _share_levels(parts)
    if len(requests) <= MAX_SHIFTED:
        while _shift_one(requests):
            pass
    requests.sort(key=lambda request: request.level)
    for request in requests:
        _drop_indirect(request)
    return requests


def _share_levels(parts: Sequence[Part]) -> list[Request]:
    levels: dict[Part, int] = {}
    requests: dict[tuple[object, ...], Request] = {}
    by_part: dict[Part, Request] = {}
    for part in parts:
        level = levels[part] = 1 + max((levels[other] for other in part.depends_on), default=-1)
        key: tuple[object, ...] = (part.subgraph, level)
        if part.representation is None:
            key = (part,)
        request = requests.get(key)
        if request is None:
            request = requests[key] = Request(part.subgraph, [], level=level)
        request.parts.append(part)
        by_part[part] = request
        request.depends_on.update((by_part[other], None) for other in part.depends_on)
    return list(requests.values())


def _shift_one(requests: list[Request]) -> bool:
    """Merge one request into one that is not earlier; False if none can wait."""
    latest = _latest_levels(requests)
    by_subgraph: dict[str, list[Request]] = {}
    for request in requests:
        if request.is_entities:
            by_subgraph.setdefault(request.subgraph, []).append(request)
    for alike in by_subgraph.values():
        for early, late in permutations(alike, 2):
            if early.level <= late.level <= latest[early] and early not in _all_before(late):
                _merge(requests, early, late)
                return True
    return False


def _latest_levels(requests: Sequence[Request]) -> dict[Request, int]:
    """The level up to which each request can wait without making the plan deeper."""
    depth = max((request.level for request in requests), default=0)
    latest = dict.fromkeys(requests, depth)
    for request in sorted(requests, key=lambda request: -request.level):
        for other in request.depends_on:
            latest[other] = min(latest[other], latest[request] - 1)
    return latest


def _all_before(request: Request) -> set[Request]:
    before: set[Request] = set()
    waiting = list(request.depends_on)
    while waiting:
        other = waiting.pop()
        if other not in before:
            before.add(other)
            waiting.extend(other.depends_on)
    return before


def _merge(requests: list[Request], early: Request, late: Request) -> None:
    late.parts[:0] = early.parts
    late.depends_on = {**early.depends_on, **late.depends_on}
    requests.remove(early)
    for request in requests:
        if early in request.depends_on:
            request.depends_on = dict.fromkeys(
                late if other is early else other for other in request.depends_on
            )
    _relevel(requests)


def _relevel(requests: Iterable[Request]) -> None:
    levels: dict[Request, int] = {}

    def level_of(request: Request) -> int:
        if request not in levels:
            levels[request] = 1 + max((level_of(other) for other in request.depends_on), default=-1)
        return levels[request]

    for request in requests:
        request.level = level_of(request)


def _drop_indirect(request: Request) -> None:
    """Forget dependencies that another dependency has as well."""
    indirect: set[Request] = set()
    for other in request.depends_on:
        indirect |= _all_before(other)
    request.depends_on = {other: None for other in request.depends_on if other not in indirect}
