"""Sessions and users whose tokens are no longer good although they have not expired.

auth publishes the list as a JWT signed with its own key (`typ: revocations+jwt`):

    {"iss", "aud", "iat", "sessions": {"sess_…": until}, "users": {"user_…": until}}

`until` (seconds since the epoch) is when the last access token that the entry concerns has expired,
leeway included. Every verifying process asks for the list twice a second; 304 when nothing changed.
A revocation is to be known everywhere within two seconds, so one lost answer may be borne.
While auth is down the last list stays in force.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import httpx
import structlog

from subgraph_kit.tokens import VerificationKeys, Viewer, read_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = structlog.get_logger()

REVOCATIONS_TYPE = "revocations+jwt"

_INTERVAL_S = 0.5
_TIMEOUT_S = 1.0


class Revocations:
    """The last list seen; empty until the first one arrives."""

    def __init__(self) -> None:
        self._sessions: Mapping[str, int] = {}
        self._users: Mapping[str, int] = {}

    def replace(self, sessions: Mapping[str, int], users: Mapping[str, int]) -> None:
        self._sessions = sessions
        self._users = users

    def covers(self, viewer: Viewer) -> bool:
        return viewer.session_id in self._sessions or viewer.user_id in self._users


class RevocationFollower:
    """Keeps `revocations` equal to what auth publishes."""

    def __init__(  # noqa: PLR0913 - wired once, by name
        self,
        url: str,
        client: httpx.AsyncClient,
        keys: VerificationKeys,
        revocations: Revocations,
        *,
        issuer: str,
        audience: str,
        interval_s: float = _INTERVAL_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._client = client
        self._keys = keys
        self._revocations = revocations
        self._issuer = issuer
        self._audience = audience
        self._interval_s = interval_s
        self._now = now
        self._etag: str | None = None
        self._is_failing = False
        self.last_success_at: float | None = None

    async def run(self) -> None:
        """Follow until cancelled, not in step with other processes."""
        while True:
            started_at = self._now()
            await self.poll()
            pause_s = self._interval_s * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load
            await asyncio.sleep(max(0.0, started_at + pause_s - self._now()))

    async def poll(self) -> None:
        """Ask once; whatever goes wrong leaves the last list in force."""
        try:
            # The client's own limit is for each read: an answer in drops would never end.
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._client.get(
                    self._url, headers={"If-None-Match": self._etag} if self._etag else {}
                )
            if response.status_code != httpx.codes.NOT_MODIFIED:
                response.raise_for_status()
                await self._take(response)
        except Exception as error:  # noqa: BLE001 - border: anything may be at that address
            if not self._is_failing:
                log.warning("revocations cannot be followed", url=self._url, reason=repr(error))
            self._is_failing = True
            return
        if self._is_failing:
            log.info("revocations are followed again", url=self._url)
        self._is_failing = False
        self.last_success_at = self._now()

    async def _take(self, response: httpx.Response) -> None:
        claims = await read_signed(
            response.text.strip(), self._keys, token_type=REVOCATIONS_TYPE, issuer=self._issuer,
            audience=self._audience,
        )  # fmt: skip
        if claims is None:
            raise ValueError("the list is not signed by a key of auth")
        sessions, users = claims.get("sessions"), claims.get("users")
        if not isinstance(sessions, dict) or not isinstance(users, dict):
            raise ValueError("the list lacks its sessions or users")  # noqa: TRY004 - remote input
        self._revocations.replace(sessions, users)
        self._etag = response.headers.get("etag")
