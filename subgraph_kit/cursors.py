"""Cursors that cannot be forged, moved to another order, or used by another viewer.

A cursor is base64url of `[order, sort value, id]` as JSON and a keyed checksum over it and the
viewer. Whoever holds one learns nothing beyond the row it was made from.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest
from typing import NamedTuple
from uuid import UUID

import msgspec

_CHECKSUM_BYTES = 12
_MAX_CURSOR_CHARACTERS = 4096

SortValue = int | str | None


class Position(NamedTuple):
    """A place in a list: the sort value of a row, and its id, which breaks ties."""

    value: SortValue
    id: UUID


class CursorCodec:
    """Writes and reads cursors with one key, shared by all processes of a subgraph."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=32).digest()  # any length in, a fitting one out

    def encode(self, order: str, viewer: str, position: Position) -> str:
        body = msgspec.json.encode((order, position.value, position.id.hex))
        return urlsafe_b64encode(self._checksum(body, viewer) + body).rstrip(b"=").decode()

    def decode(self, order: str, viewer: str, cursor: str) -> Position | None:
        """The position; None unless `encode` made it under this key, order and viewer."""
        if len(cursor) > _MAX_CURSOR_CHARACTERS:
            return None
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            return None
        checksum, body = raw[:_CHECKSUM_BYTES], raw[_CHECKSUM_BYTES:]
        if not compare_digest(checksum, self._checksum(body, viewer)):
            return None
        made_for, value, digits = msgspec.json.decode(body, type=tuple[str, SortValue, str])
        return Position(value, UUID(hex=digits)) if made_for == order else None

    def _checksum(self, body: bytes, viewer: str) -> bytes:
        hasher = blake2b(viewer.encode(), key=self._key, digest_size=_CHECKSUM_BYTES)
        hasher.update(b"\0")
        hasher.update(body)
        return hasher.digest()
