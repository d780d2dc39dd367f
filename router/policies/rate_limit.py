"""Rate limits: so many requests in a window, per address or per viewer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from limits import RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError

from router.errors import ClientError, StartupError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from limits.aio.storage import Storage
    from limits.aio.strategies import FixedWindowRateLimiter

    from router.policies.identity import Viewer

_STORAGE_TIMEOUT_S = 0.25
_MAX_KEYS = 250_000
"""Callers counted in one window; when more come, counting starts anew."""

RateHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in `window_s` seconds."""

    count: int
    window_s: int


class Usage(NamedTuple):
    """What counting one call gave.

    Attributes:
        is_allowed: The call is within the limit.
        remaining: Calls left in this window.
        reset_s: Seconds until the window ends.
    """

    is_allowed: bool
    remaining: int
    reset_s: int


class Counts(Protocol):
    """Where the calls under one limit are counted."""

    async def hit(self, key: str) -> Usage:
        """Count one call."""
        ...


class _MemoryCounts:
    """Counts in this process.

    All windows of a limit turn at the same moment, so the counts of one window are thrown away
    together: nothing has to look for old ones. (The memory storage of `limits` starts a thread a
    hundred times a second for that, which costs a fifth of the router's time under load.)
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.time) -> None:
        self._rate = rate
        self._clock = clock
        self._window = 0
        self._counts: dict[str, int] = {}

    async def hit(self, key: str) -> Usage:
        """Count one call."""
        now = self._clock()
        window = int(now // self._rate.window_s)
        if window != self._window or len(self._counts) >= _MAX_KEYS:
            self._window, self._counts = window, {}
        count = self._counts[key] = self._counts.get(key, 0) + 1
        reset_s = math.ceil((window + 1) * self._rate.window_s - now)
        return Usage(count <= self._rate.count, max(0, self._rate.count - count), max(1, reset_s))


class _SharedCounts:
    """Counts in a Valkey or Redis that several routers share.

    While it cannot be reached, calls are let through: a limit protects, and an outage of it must
    not be worse than what it protects from.
    """

    def __init__(self, rate: Rate, namespace: str, window: FixedWindowRateLimiter) -> None:
        self._rate = rate
        self._window = window
        self._item = RateLimitItemPerSecond(rate.count, rate.window_s, namespace=namespace)

    async def hit(self, key: str) -> Usage:
        """Count one call."""
        try:
            is_allowed = await self._window.hit(self._item, key)
            stats = await self._window.get_window_stats(self._item, key)
        except (StorageError, OSError):
            return Usage(is_allowed=True, remaining=self._rate.count, reset_s=self._rate.window_s)
        reset_s = math.ceil(stats.reset_time - time.time())
        return Usage(is_allowed, max(0, stats.remaining), max(1, reset_s))


class _Limit(NamedTuple):
    counts: Counts
    header: bytes


class RateLimits:
    """The limits of one router.

    Windows are fixed: at the turn of one, a client may send twice the number in a short time.
    """

    __slots__ = ("_anonymous", "_fields", "_user")

    def __init__(
        self,
        *,
        anonymous: Rate | None,
        user: Rate | None,
        fields: Mapping[str, Rate] | None = None,
        storage_url: str = "memory://",
    ) -> None:
        """Open the storage, not yet a connection.

        Args:
            anonymous: Requests of one address without a good token.
            user: Requests of one user.
            fields: Calls of a root field by one user or address, by coordinate ("Mutation.login").
            storage_url: Where calls are counted.

        Raises:
            StartupError: There is no such storage.
        """
        make = _maker(storage_url)
        self._anonymous = make(anonymous, "anonymous") if anonymous else None
        self._user = make(user, "user") if user else None
        self._fields = {name: make(rate, name) for name, rate in (fields or {}).items()}

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
        usage = await _hit(limit, viewer, address)
        return (
            (b"ratelimit-limit", limit.header),
            (b"ratelimit-remaining", b"%d" % usage.remaining),
            (b"ratelimit-reset", b"%d" % usage.reset_s),
        )

    async def check_fields(
        self, coordinates: Sequence[str], viewer: Viewer | None, address: str
    ) -> None:
        """Count each of these calls.

        Raises:
            ClientError: RATE_LIMITED.
        """
        for coordinate in coordinates:
            await _hit(self._fields[coordinate], viewer, address)


async def _hit(limit: _Limit, viewer: Viewer | None, address: str) -> Usage:
    usage = await limit.counts.hit(address if viewer is None else viewer.user_id)
    if not usage.is_allowed:
        msg = "Too many requests."
        raise ClientError(
            msg, code="RATE_LIMITED", status=429, extensions={"retryAfter": usage.reset_s}
        )
    return usage


def _maker(storage_url: str) -> Callable[[Rate, str], _Limit]:
    if storage_url == "memory://":
        return lambda rate, _: _Limit(_MemoryCounts(rate), str(rate.count).encode())
    window = _shared_window(storage_url)
    return lambda rate, name: _Limit(
        _SharedCounts(rate, f"router:{name}", window), str(rate.count).encode()
    )


def _shared_window(url: str) -> FixedWindowRateLimiter:
    # Loaded where it is used: most routers count in memory.
    from limits.aio.strategies import FixedWindowRateLimiter  # noqa: PLC0415
    from limits.storage import storage_from_string  # noqa: PLC0415

    try:
        storage = storage_from_string(
            f"async+{url}",
            wrap_exceptions=True,
            socket_timeout=_STORAGE_TIMEOUT_S,
            socket_connect_timeout=_STORAGE_TIMEOUT_S,
        )
    except ConfigurationError as error:
        msg = f"ROUTER_RATE_LIMIT_URL: {error}"
        raise StartupError(msg) from error
    return FixedWindowRateLimiter(cast("Storage", storage))
