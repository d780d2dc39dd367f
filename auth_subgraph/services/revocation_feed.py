"""The list that every verifying process follows, signed once a change."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from auth_subgraph.persistence import revocations
from auth_subgraph.services.signing import TokenSigner
from subgraph_kit.database import Database

_READ_AGAIN_S = 0.2
"""However many processes follow, the table is read at most this often."""


@dataclass(frozen=True, slots=True)
class SignedList:
    """A JWT, and the ETag that changes with its content."""

    token: str
    etag: str


class RevocationFeed:
    def __init__(
        self,
        database: Database,
        signer: TokenSigner,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._signer = signer
        self._now = now
        self._list: SignedList | None = None
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def current(self) -> SignedList:
        """The list as it is now, give or take a fifth of a second."""
        async with self._reading:
            if self._list is None or self._now() - self._read_at > _READ_AGAIN_S:
                started_at = self._now()
                entries = await revocations.current(self._database)
                self._list = self._signed(entries)
                self._read_at = started_at
            return self._list

    def _signed(self, entries: list[tuple[str, int]]) -> SignedList:
        digest = sha256(repr((self._signer.key_id, entries)).encode()).hexdigest()
        etag = f'"{digest[:32]}"'
        if self._list is not None and self._list.etag == etag:
            return self._list
        sessions = {subject: until for subject, until in entries if subject.startswith("sess_")}
        users = {subject: until for subject, until in entries if subject.startswith("user_")}
        return SignedList(self._signer.revocations(sessions, users), etag)
