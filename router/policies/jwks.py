"""An issuer's public keys, fetched from its JWKS address and kept."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import jwt

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_logger = logging.getLogger("router.policies")

ALGORITHMS = ("ES256", "ES384", "EdDSA", "RS256", "PS256")
"""Asymmetric ones only: with a shared secret in the list, a public key could pass as secret."""

_UNKNOWN_KEY_PAUSE_S = 5.0
"""A token with an unknown key id makes us look for new keys, at most this often."""

_RETRY_S = 1.0
_REQUEST_TIMEOUT_S = 5.0


class KeySet:
    """Keys by id. The last set stays in use while the issuer cannot be reached.

    Attributes:
        version: Changes when a key is withdrawn: what it has signed counts no more.
    """

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        clock: Callable[[], float],
        *,
        cache_ttl_s: float = 300.0,
    ) -> None:
        self.url = url
        self._client = client
        self._clock = clock
        self._cache_ttl_s = cache_ttl_s
        self.version = 0
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._published: dict[str | None, str] = {}
        self._tried_at: float | None = None
        self._refreshing = asyncio.Lock()

    @property
    def is_loaded(self) -> bool:
        return bool(self._keys)

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of this id; for a token without one, the only key there is."""
        found = self._find(key_id)
        if found is None and (self._refreshing.locked() or self._may_look_again()):
            async with self._refreshing:
                found = self._find(key_id)
                if found is None and self._may_look_again():
                    await self._fetch()
                    found = self._find(key_id)
        return found

    async def refresh(self) -> bool:
        """Fetch the keys now; False, with a log line, when that failed."""
        async with self._refreshing:
            return await self._fetch()

    async def _fetch(self) -> bool:
        self._tried_at = self._clock()
        try:
            # The client's own limit is for each read: an answer in drops would never end.
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                response = await self._client.get(self.url)
            response.raise_for_status()
            told = response.json()
            keys = {
                key.key_id: key
                for key in jwt.PyJWKSet.from_dict(told).keys
                if key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS
            }
            published = {key.get("kid"): json.dumps(key, sort_keys=True) for key in told["keys"]}
        except Exception as error:  # noqa: BLE001 - border: anything may be at that address
            _logger.warning("No keys from %s: %s", self.url, str(error) or type(error).__name__)
            return False
        self._keys = keys
        if not self._published.items() <= published.items():
            self.version += 1
        self._published = published
        return True

    async def follow(self) -> None:
        """Refresh the keys for as long as the router runs."""
        while True:
            is_fresh = await self.refresh()
            await asyncio.sleep(self._cache_ttl_s if is_fresh else _RETRY_S)

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _may_look_again(self) -> bool:
        pause_s = _UNKNOWN_KEY_PAUSE_S if self._keys else _RETRY_S
        return self._tried_at is None or self._clock() - self._tried_at >= pause_s
