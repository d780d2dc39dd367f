"""The feed of sessions and users whose access tokens are refused before they expire.

The issuer publishes a signed list at one address. Every router polls it, sends the last ETag, and
keeps the last list while the issuer is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

import httpx
import jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.policies.jwks import KeySet

_logger = logging.getLogger("router.policies")

_ALGORITHMS = ("ES256", "ES384", "EdDSA", "RS256", "PS256")
_TYPE = "revocations+jwt"


class Revocations:
    """Follows one feed."""

    def __init__(
        self,
        url: str,
        client: httpx.AsyncClient,
        keys: KeySet,
        *,
        issuer: str | None,
        audience: str | None,
        poll_interval_s: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._client = client
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._poll_interval_s = poll_interval_s
        self._clock = clock
        self._etag: str | None = None
        self._issued_at = 0.0
        self._is_failing = False
        self._sessions: Mapping[str, float] = {}
        self._users: Mapping[str, float] = {}

    def has_ended(self, session_id: str, user_id: str) -> bool:
        """Whether the session or the user is on the list, and the entry still counts."""
        until = self._sessions.get(session_id)
        if until is None:
            until = self._users.get(user_id)
        return until is not None and self._clock() <= until

    async def follow(self) -> None:
        """Poll for as long as the router runs."""
        while True:
            await self.poll()
            await asyncio.sleep(self._poll_interval_s)

    async def poll(self) -> None:
        """Take the list once; what is wrong with it is logged when it starts and when it ends."""
        problem = await self._take()
        if problem and not self._is_failing:
            _logger.warning("The revocation feed %s cannot be used: %s", self._url, problem)
        elif self._is_failing and not problem:
            _logger.info("The revocation feed %s is back", self._url)
        self._is_failing = bool(problem)

    async def _take(self) -> str | None:
        """What was wrong; None when the list is as the issuer says it is."""
        try:
            headers = {"if-none-match": self._etag} if self._etag else {}
            response = await self._client.get(self._url, headers=headers)
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            response.raise_for_status()
            token = response.text.strip()
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(header.get("kid"))
            if key is None or header.get("typ") != _TYPE or key.algorithm_name not in _ALGORITHMS:
                return "not signed as expected"
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "verify_exp": False,
                    "verify_aud": self._audience is not None,
                    "require": ["iat"],
                },
            )
            sessions, users = _entries(claims["sessions"]), _entries(claims["users"])
        except (httpx.HTTPError, jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            return str(error) or type(error).__name__
        if claims["iat"] < self._issued_at:
            return "older than the list before"
        self._issued_at = claims["iat"]
        self._sessions, self._users = sessions, users
        self._etag = response.headers.get("etag")
        return None


def _entries(given: Mapping[str, float]) -> dict[str, float]:
    return {str(name): float(until) for name, until in given.items()}
