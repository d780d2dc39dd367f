"""The envelope of events between services: the names of CloudEvents 1.0, as JSON."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from subgraph_kit.ids import uuid7

_DATA_SCHEMA = "1"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Event(msgspec.Struct, frozen=True):
    """Something that happened.

    Args:
        type: What, such as `user.deleted`.
        source: The service that says so.
        subject: Id of the thing it happened to.
        data: The rest, as JSON; its form is `dataschema` of `type`.
        id: The same in every copy of the event.
        time: When, as RFC 3339.
    """

    type: str
    source: str
    subject: str
    data: dict[str, Any]
    id: UUID = msgspec.field(default_factory=uuid7)
    time: str = msgspec.field(default_factory=_now)
    dataschema: str = _DATA_SCHEMA

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)


def read_event(body: bytes) -> Event:
    """Read an envelope.

    Raises:
        ValueError: The bytes are none.
    """
    return msgspec.json.decode(body, type=Event)
