"""Counted attempts in a Valkey or Redis, for many processes of auth: the times, one set a key.

A script counts on all keys or on none in one step, by the server's clock. While the server is away
nobody gets in: the limits are what stands between a list of leaked passwords and the accounts.
"""

import math
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime
from typing import Any

from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.exceptions import ValkeyError

from auth_subgraph.domain.attempts import Counter, Refusal
from subgraph_kit.clock import microseconds_of, moment_of
from subgraph_kit.errors import UnavailableError

_MAX_CONNECTIONS = 16
_TIMEOUT_S = 1.0
_PREFIX = "auth:"

_COUNT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local refused, wait = 0, 0
for i, key in ipairs(KEYS) do
  local limit, period = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - period)
  local count = redis.call('ZCARD', key)
  if count >= limit then
    local frees = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
    local its_wait = tonumber(frees[2]) + period - now
    if its_wait > wait then refused, wait = i, its_wait end
  end
end
if refused > 0 then return {refused, wait} end
local function is_taken()
  for _, key in ipairs(KEYS) do
    if redis.call('ZSCORE', key, string.format('%.0f', now)) then return true end
  end
end
while is_taken() do now = now + 1 end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, string.format('%.0f', now))
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 * i]) / 1000))
end
return {0, now}
"""


class SharedAttempts:
    """Counts in the server at a URL; connects when first used.

    Raises:
        ValueError: The URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_MAX_CONNECTIONS,
            timeout=_TIMEOUT_S,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
        )
        self._server: Valkey = Valkey.from_pool(pool)
        self._script = self._server.register_script(_COUNT)

    async def count(self, counters: Sequence[Counter]) -> datetime | Refusal:
        """Count an attempt on every counter, or on none when it is one too many for any."""
        by_key = {counter.key: counter for counter in counters}
        arguments: list[int] = []
        for counter in by_key.values():
            arguments += [counter.rate.limit, int(counter.rate.period_s * 1_000_000)]
        refused, value = await _answer(
            self._script(keys=[_PREFIX + key for key in by_key], args=arguments)
        )
        if refused:
            counter = list(by_key.values())[refused - 1]
            return Refusal(counter, max(1, math.ceil(value / 1_000_000)))
        return moment_of(int(value))

    async def take_back(self, counters: Iterable[Counter], at: datetime) -> None:
        """Forget the attempt of that moment."""
        for counter in counters:
            await _answer(self._server.zrem(_PREFIX + counter.key, microseconds_of(at)))

    async def clear(self, counter: Counter) -> None:
        """Forget all attempts."""
        await _answer(self._server.delete(_PREFIX + counter.key))

    async def close(self) -> None:
        await self._server.aclose()


async def _answer(asked: Awaitable[Any]) -> Any:  # noqa: ANN401 - the border of the server
    """What the server says.

    Raises:
        UnavailableError: Nothing, or not in time.
    """
    try:
        return await asked
    except (ValkeyError, OSError) as error:
        raise UnavailableError("Attempts cannot be counted at the moment.") from error
