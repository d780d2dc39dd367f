"""The feed of sessions and users whose access tokens are refused before they expire.

The issuer publishes a signed list at one address. Every router polls it, sends the last ETag, and
keeps the last list while the issuer is away: then nobody who was out gets in again, and nobody who
was in is put out. Sessions that end meanwhile are noticed when their tokens expire.
An entry counts for as long as it is on the list, and the list told last counts, whatever the
issuer's clock says: a clock that was set back must hold up no list, and whoever could play an old
one back could keep the new one away as well.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING

import httpx
import jwt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.policies.jwks import KeySet

_logger = logging.getLogger("router.policies")

_TYPE = "revocations+jwt"
_REQUEST_TIMEOUT_S = 1.0


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
        poll_interval_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client = client
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._poll_interval_s = poll_interval_s
        self._clock = clock
        self._etag: str | None = None
        self._is_failing = False
        self._taken_at = clock()
        self._sessions: Mapping[str, object] = {}
        self._users: Mapping[str, object] = {}

    def has_ended(self, session_id: str, user_id: str) -> bool:
        """Whether the session or the user is on the list."""
        return session_id in self._sessions or user_id in self._users

    def age_s(self) -> float:
        """Seconds since the issuer last told the list, or that it has not changed.

        Before the first list: since there was nothing.
        """
        return self._clock() - self._taken_at

    async def follow(self) -> None:
        """Poll for as long as the router runs, not in step with other routers."""
        while True:
            started_at = self._clock()
            await self.poll()
            pause_s = self._poll_interval_s * random.uniform(0.9, 1.1)  # noqa: S311 (spreads load)
            await asyncio.sleep(max(0.0, started_at + pause_s - self._clock()))

    async def poll(self) -> None:
        """Take the list once; what is wrong with it is logged when it starts and when it ends."""
        problem = await self._take()
        if problem and not self._is_failing:
            _logger.warning("The revocation feed %s cannot be used: %s", self._url, problem)
        elif self._is_failing and not problem:
            _logger.info("The revocation feed %s is back", self._url)
        self._is_failing = bool(problem)
        if not problem:
            self._taken_at = self._clock()

    async def _take(self) -> str | None:
        """What was wrong; None when the list is as the issuer says it is."""
        try:
            headers = {"if-none-match": self._etag} if self._etag else {}
            # The client's own limit is for each read: an answer in drops would never end.
            async with asyncio.timeout(_REQUEST_TIMEOUT_S):
                response = await self._client.get(self._url, headers=headers)
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            response.raise_for_status()
            token = response.text.strip()
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(header.get("kid"))
            if key is None or header.get("typ") != _TYPE:
                return "not signed as expected"
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer,
                audience=self._audience,
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": self._audience is not None,
                },
            )
        except Exception as error:  # noqa: BLE001 - border: anything may be at that address
            return str(error) or type(error).__name__
        sessions, users = claims.get("sessions"), claims.get("users")
        if not isinstance(sessions, dict) or not isinstance(users, dict):
            return "without its sessions or users"
        self._sessions, self._users = sessions, users
        self._etag = response.headers.get("etag")
        return None
