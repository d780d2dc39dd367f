"""Counts of rate limits in a Valkey or Redis that several routers share."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.exceptions import ValkeyError

from router.errors import StartupError
from router.policies.rate_limit import PARTS, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.policies.rate_limit import Rate

_logger = logging.getLogger("router.policies")

_MAX_CONNECTIONS = 32
_PAUSE_S = 1.0
"""How long an unreachable server is left alone, so that its outage costs no request its time."""

_COUNT = """
local limit, part_us = tonumber(ARGV[1]), tonumber(ARGV[2])
local parts = tonumber(ARGV[3])
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / part_us)
local known, total, oldest = redis.call('HGETALL', KEYS[1]), 0, now
for i = 1, #known, 2 do
  local part = tonumber(known[i])
  if part <= now - parts or part > now then
    redis.call('HDEL', KEYS[1], known[i])
  else
    total = total + tonumber(known[i + 1])
    oldest = math.min(oldest, part)
  end
end
local is_allowed = total < limit
if is_allowed then
  redis.call('HINCRBY', KEYS[1], now, 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(part_us * parts / 1000))
  total, oldest = total + 1, now
end
return {is_allowed and 1 or 0, limit - total, (oldest + parts) * part_us - now_us}
"""
"""Source of time is the server, so that routers whose clocks differ count alike."""


class SharedStorage:
    """One server, asked with one round trip a call.

    While it cannot be reached, calls are let through: a limit protects, and an outage of it must
    not be worse than what it protects from.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 0.25,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: valkey://, valkeys:// (TLS), redis://, rediss:// or unix://.
            timeout_s: Longest wait for one answer, and for a connection.
            clock: Tells when a server that was away may be asked again.

        Raises:
            StartupError: The URL is not of a server that this can talk to.
        """
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=_MAX_CONNECTIONS,
                timeout=timeout_s,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
            )
        except ValueError as error:
            msg = f"ROUTER_RATE_LIMIT_URL: {error}"
            raise StartupError(msg) from error
        self._client = Valkey.from_pool(pool)
        self._count = self._client.register_script(_COUNT)
        self._clock = clock
        self._is_down = False
        self._paused_until = 0.0

    def counts(self, name: str, rate: Rate) -> SharedCounts:
        """The counts of one limit; limits of the same name share them."""
        return SharedCounts(self, name, rate)

    async def count(self, key: str, limit: int, part_us: int) -> tuple[int, int, int] | None:
        """Count one call: whether it is allowed, what remains, microseconds until the reset.

        Returns:
            None while the server cannot be reached.
        """
        if self._is_down and self._clock() < self._paused_until:
            return None
        try:
            is_allowed, remaining, reset_us = await self._count([key], [limit, part_us, PARTS])
        except (TimeoutError, ValkeyError, OSError) as error:
            self._paused_until = self._clock() + _PAUSE_S
            if not self._is_down:
                self._is_down = True
                reason = str(error) or type(error).__name__
                _logger.error("Rate limits are off, their storage fails: %s", reason)  # noqa: TRY400 (expected)
            return None
        if self._is_down:
            self._is_down = False
            _logger.info("Rate limits are on again")
        return is_allowed, remaining, reset_us

    async def aclose(self) -> None:
        """Give back the connections."""
        await self._client.aclose()


class SharedCounts:
    """The counts of one limit."""

    __slots__ = ("_part_us", "_prefix", "_rate", "_storage")

    def __init__(self, storage: SharedStorage, name: str, rate: Rate) -> None:
        self._storage = storage
        self._rate = rate
        self._prefix = f"router:{name}:{rate.window_s}:"
        self._part_us = rate.window_s * 1_000_000 // PARTS

    async def hit(self, caller: str) -> Usage:
        """Count one call."""
        counted = await self._storage.count(self._prefix + caller, self._rate.count, self._part_us)
        if counted is None:
            return Usage(is_allowed=True, remaining=self._rate.count, reset_s=self._rate.window_s)
        is_allowed, remaining, reset_us = counted
        return Usage(bool(is_allowed), max(0, remaining), max(1, math.ceil(reset_us / 1e6)))
