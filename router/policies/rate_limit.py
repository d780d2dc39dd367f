"""Rate limits: so many requests in a sliding window, per address or per viewer.

A window moves in twentieths of its length: calls are counted by twentieths, and a call is allowed
if with those of this one and the nineteen before there are not too many. So a call counts for
95 to 100 % of the window, and no stretch of 95 % of it ever holds more calls than the limit,
wherever it begins. A caller costs a few numbers instead of a list of moments.
Refused calls are not counted: who keeps to `Retry-After` gets through.
"""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from router.cache.lru import LruCache
from router.errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from router.policies.identity import Viewer

PARTS = 20

_MAX_CALLERS = 250_000
"""Callers counted in one window; when more come, counting starts anew."""

_MAX_REMEMBERED_NETWORKS = 10_000

RateHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in `window_s` seconds."""

    count: int
    window_s: int


class Usage(msgspec.Struct):
    """What counting one call gave.

    Attributes:
        is_allowed: The call is within the limit.
        remaining: Calls that could follow at once.
        reset_s: Whole seconds: for a refused call until the next is allowed, for an allowed one
            after which it does not count any more.
    """

    is_allowed: bool
    remaining: int
    reset_s: int


class Counts(Protocol):
    """Where the calls under one limit are counted."""

    async def hit(self, caller: str) -> Usage:
        """Count one call."""
        ...


class MemoryCounts:
    """Counts in this process; parts of the window are thrown away whole."""

    __slots__ = ("_clock", "_now", "_part_s", "_parts", "_rate", "_totals")

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._part_s = rate.window_s / PARTS
        self._now = 0
        self._parts: deque[dict[str, int]] = deque()
        self._totals: dict[str, int] = {}
        self._forget()

    def hit(self, caller: str) -> Usage:
        """Count one call."""
        position = self._clock() / self._part_s
        now = int(position)
        if now != self._now:
            self._move(now)
        total = self._totals.get(caller, 0)
        if total >= self._rate.count:
            wait = next(n for n, part in enumerate(self._parts) if caller in part) + 1
            reset_s = math.ceil((wait - position % 1) * self._part_s)
            return Usage(is_allowed=False, remaining=0, reset_s=reset_s)
        if len(self._totals) >= _MAX_CALLERS:
            self._forget()
        self._totals[caller] = total + 1
        part = self._parts[-1]
        part[caller] = part.get(caller, 0) + 1
        return Usage(True, self._rate.count - total - 1, self._rate.window_s)  # noqa: FBT003

    def _move(self, now: int) -> None:
        for _ in range(min(now - self._now, PARTS)):
            totals = self._totals
            for caller, count in self._parts.popleft().items():
                rest = totals[caller] - count
                if rest:
                    totals[caller] = rest
                else:
                    del totals[caller]
            self._parts.append({})
        self._now = now

    def _forget(self) -> None:
        self._totals = {}
        self._parts = deque({} for _ in range(PARTS))


class _Limit(NamedTuple):
    """One limit and where its calls are counted: here, or by a server that routers share."""

    rate: Rate
    header: bytes
    here: MemoryCounts | None
    shared: Counts | None


class RateLimits:
    """The limits of one router."""

    __slots__ = ("_anonymous", "_fields", "_networks", "_user")

    def __init__(
        self,
        *,
        anonymous: Rate | None,
        user: Rate | None,
        fields: Mapping[str, Rate] | None = None,
        shared: Callable[[str, Rate], Counts] | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            anonymous: Requests of one address without a good token.
            user: Requests of one user.
            fields: Calls of a root field by one user or address, by coordinate ("Mutation.login").
            shared: Makes the counts for a limit with this name; None: they are kept here.
        """

        def make(name: str, rate: Rate) -> _Limit:
            header = b"%d" % rate.count
            if shared is None:
                return _Limit(rate, header, MemoryCounts(rate), None)
            return _Limit(rate, header, None, shared(name, rate))

        self._anonymous = make("anonymous", anonymous) if anonymous else None
        self._user = make("user", user) if user else None
        self._fields = {name: make(name, rate) for name, rate in (fields or {}).items()}
        self._networks: LruCache[str, str] = LruCache(max_items=_MAX_REMEMBERED_NETWORKS)

    @property
    def fields(self) -> frozenset[str]:
        """Coordinates of the root fields that have a limit of their own."""
        return frozenset(self._fields)

    async def check(self, viewer: Viewer | None, address: str) -> RateHeaders:
        """Count a request; give the headers that tell how many are left.

        Raises:
            ClientError: RATE_LIMITED.
        """
        limit = self._anonymous if viewer is None else self._user
        if limit is None:
            return ()
        caller = viewer.user_id if viewer is not None else self._network(address)
        if limit.here is not None:
            usage = limit.here.hit(caller)
        else:
            usage = await _hit(limit, caller)
        headers = (
            (b"ratelimit-limit", limit.header),
            (b"ratelimit-remaining", b"%d" % usage.remaining),
            (b"ratelimit-reset", b"%d" % usage.reset_s),
        )
        if not usage.is_allowed:
            raise _refused(usage, headers)
        return headers

    async def check_fields(
        self, coordinates: Sequence[str], viewer: Viewer | None, address: str
    ) -> None:
        """Count each of these calls.

        Raises:
            ClientError: RATE_LIMITED.
        """
        caller = viewer.user_id if viewer is not None else self._network(address)
        for coordinate in coordinates:
            usage = await _hit(self._fields[coordinate], caller)
            if not usage.is_allowed:
                raise _refused(usage)

    def _network(self, address: str) -> str:
        """Whose calls an address makes; with IPv6 one customer has a whole /64."""
        if ":" not in address:
            return address
        known = self._networks.get(address)
        if known is None:
            known = _network_of(address)
            self._networks.put(address, known)
        return known


def _network_of(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:8].hex(":", 2)


async def _hit(limit: _Limit, caller: str) -> Usage:
    if limit.here is not None:
        return limit.here.hit(caller)
    if limit.shared is None:
        raise AssertionError(limit)
    return await limit.shared.hit(caller)


def _refused(usage: Usage, headers: RateHeaders = ()) -> ClientError:
    return ClientError(
        f"Too many requests. Try again in {usage.reset_s} s.",
        code="RATE_LIMITED",
        status=429,
        extensions={"retryAfter": usage.reset_s},
        headers=headers,
    )
