"""The keys auth publishes, fetched when they are first needed and kept while auth is down."""

import asyncio
import time
from collections.abc import Callable

import httpx
import jwt
import structlog

from subgraph_kit.errors import UnavailableError

log = structlog.get_logger()

_MIN_REFETCH_S = 5.0
"""An unknown key id makes us ask again, but not more often than this: anybody can make one up."""


class RemoteKeys:
    """VerificationKeys from a JWKS address.

    The set is fetched again after `ttl_s`, or when a token names an unknown key. A fetch that fails
    leaves the keys as they are: a token that was good before auth went down stays good.
    """

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        *,
        ttl_s: float = 300.0,
        timeout_s: float = 2.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client = client
        self._ttl_s = ttl_s
        self._timeout_s = timeout_s
        self._now = now
        self._document: object = None
        self._keys: dict[str, jwt.PyJWK] | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._version = 0

    @property
    def version(self) -> int:
        return self._version

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        if self._is_fetch_due(key_id):
            async with self._fetching:
                if self._is_fetch_due(key_id):
                    await self._fetch()
        if self._keys is None:
            raise UnavailableError("Access tokens cannot be checked at the moment.")
        return self._keys.get(key_id)

    def _is_fetch_due(self, key_id: str) -> bool:
        now = self._now()
        is_wanted = (
            self._keys is None or key_id not in self._keys or now - self._fetched_at > self._ttl_s
        )
        pause_s = _MIN_REFETCH_S if self._keys is not None else 0.5
        return is_wanted and now - self._tried_at >= pause_s

    async def _fetch(self) -> None:
        self._tried_at = self._now()
        try:
            # The client's own limit is for each read: an answer in drops would never end.
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.get(self._url)
            response.raise_for_status()
            document = response.json()
            keys = {
                key.key_id: key
                for key in jwt.PyJWKSet.from_dict(document).keys
                if key.key_id is not None
            }
        except Exception as error:  # noqa: BLE001 - border: anything may be at that address
            log.warning("keys could not be fetched", url=self._url, reason=repr(error))
            return
        self._fetched_at = self._now()
        if document != self._document:
            self._version += self._keys is not None  # before the first keys nothing was judged
            self._document, self._keys = document, keys
