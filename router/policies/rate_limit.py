"""Rate limits: so many requests in a window, per address or per viewer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from limits import RateLimitItemPerSecond, WindowStats
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter as MemoryWindow

from router.errors import ClientError, StartupError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from limits.aio.storage import Storage
    from limits.aio.strategies import FixedWindowRateLimiter as NetworkWindow

    from router.policies.identity import Viewer

_STORAGE_TIMEOUT_S = 0.25

RateHeaders = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests in `window_s` seconds."""

    count: int
    window_s: int


class _Limit(NamedTuple):
    item: RateLimitItemPerSecond
    header: bytes


class RateLimits:
    """Counts requests in memory, or in a Valkey or Redis that several routers share.

    Windows are fixed: at the turn of one, a client may send twice the number in a short time.
    Sliding windows cost twice as much a request and protect no better.

    While the shared store cannot be reached, requests are let through: a limit protects, and an
    outage of it must not be worse than what it protects from.
    """

    __slots__ = ("_anonymous", "_fields", "_memory", "_network", "_user")

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
            storage_url: Where the counts are kept.

        Raises:
            StartupError: There is no such storage.
        """
        given = fields or {}
        self._fields = {name: _limit(rate, f"router-{name}") for name, rate in given.items()}
        self._anonymous = _limit(anonymous, "router") if anonymous else None
        self._user = _limit(user, "router") if user else None
        self._memory: MemoryWindow | None = None
        self._network: NetworkWindow | None = None
        if storage_url == "memory://":
            self._memory = MemoryWindow(MemoryStorage())
        else:
            self._network = _network_window(storage_url)

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
        return await self._hit(limit, _key(viewer, address))

    async def check_fields(
        self, coordinates: Sequence[str], viewer: Viewer | None, address: str
    ) -> None:
        """Count each of these calls.

        Raises:
            ClientError: RATE_LIMITED.
        """
        for coordinate in coordinates:
            await self._hit(self._fields[coordinate], _key(viewer, address))

    async def _hit(self, limit: _Limit, key: str) -> RateHeaders:
        if self._memory is not None:
            is_allowed = self._memory.hit(limit.item, key)
            stats = self._memory.get_window_stats(limit.item, key)
        else:
            window = cast("NetworkWindow", self._network)
            try:
                is_allowed = await window.hit(limit.item, key)
                stats = await window.get_window_stats(limit.item, key)
            except (StorageError, OSError):
                return ()
        wait_s = max(1, math.ceil(stats.reset_time - time.time()))
        if not is_allowed:
            msg = "Too many requests."
            raise ClientError(
                msg, code="RATE_LIMITED", status=429, extensions={"retryAfter": wait_s}
            )
        return _headers(limit, stats, wait_s)


def _key(viewer: Viewer | None, address: str) -> str:
    return f"address:{address}" if viewer is None else f"user:{viewer.user_id}"


def _headers(limit: _Limit, stats: WindowStats, wait_s: int) -> RateHeaders:
    return (
        (b"ratelimit-limit", limit.header),
        (b"ratelimit-remaining", b"%d" % max(0, stats.remaining)),
        (b"ratelimit-reset", b"%d" % wait_s),
    )


def _limit(rate: Rate, namespace: str) -> _Limit:
    item = RateLimitItemPerSecond(rate.count, rate.window_s, namespace=namespace)
    return _Limit(item, str(rate.count).encode())


def _network_window(url: str) -> NetworkWindow:
    # Loaded where it is used: most routers count in memory.
    from limits.aio.strategies import FixedWindowRateLimiter  # noqa: PLC0415

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
