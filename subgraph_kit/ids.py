"""Ids of things: UUIDv7 in the database, `<type>_<32 hex digits>` everywhere else.

The prefix makes ids unique over all types, the time in front makes them sort by age, and both are
made by the application, so that no Postgres version is required.
"""

import os
import re
import threading
import time
from uuid import UUID

_HEX = re.compile(r"[0-9a-f]{32}")
_COUNTER_BITS = 74
_RESEED_MASK = (1 << (_COUNTER_BITS - 1)) - 1  # leaves room to count up within one millisecond
_last = (0, 0)
_lock = threading.Lock()


def uuid7() -> UUID:
    """A UUIDv7 greater than every one this process made before.

    Source: RFC 9562, section 6.2, method 2: the random bits are a counter that is reseeded each
    millisecond; a clock that steps back is ignored.
    """
    global _last  # noqa: PLW0603 - the order within the process is the point
    with _lock:
        now_ms = time.time_ns() // 1_000_000
        last_ms, counter = _last
        if now_ms > last_ms:
            last_ms, counter = now_ms, int.from_bytes(os.urandom(10), "big") & _RESEED_MASK
        else:
            counter += 1 + int.from_bytes(os.urandom(4), "big")
        _last = (last_ms, counter)
    high, low = counter >> 62, counter & ((1 << 62) - 1)
    return UUID(int=last_ms << 80 | 7 << 76 | high << 64 | 2 << 62 | low)


def new_id(prefix: str) -> str:
    """A new id as clients see it, for example `task_0193…`."""
    return format_id(prefix, uuid7())


def format_id(prefix: str, value: UUID) -> str:
    return f"{prefix}_{value.hex}"


def parse_id(prefix: str, text: str) -> UUID | None:
    """The UUID in an id of this type; None when the text is not one."""
    digits = digits_of_id(prefix, text)
    return None if digits is None else UUID(hex=digits)


def digits_of_id(prefix: str, text: str) -> str | None:
    """The 32 hexadecimal digits of an id of this type; None when the text is not one.

    Postgres reads them as a UUID; making one in Python costs more than the rest of a lookup.
    """
    head, separator, digits = text.partition("_")
    if head != prefix or not separator or _HEX.fullmatch(digits) is None:
        return None
    return digits
