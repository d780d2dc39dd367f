"""Give memory back to the system after a large answer.

The texts and objects of an answer of many megabytes come from the C library's heap. Freed, they
leave holes between what is kept, and the process stays as large as the largest answer made it. The
GNU C library gives such holes back when asked to; where there is no such function nothing is done.
"""

from __future__ import annotations

import asyncio
import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from router.observations import Observations

LARGE_BYTES = 8 * 2**20
_DELAY_S = 1.0
"""The answer is on its way by then, and a burst of large ones is cleaned up after once."""


class FreeMemory:
    """Watches for large answers."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._is_due = False
        self._running: asyncio.Future[int] | None = None

    def observe(self, observations: Observations) -> None:
        """To be called on the event loop, after the answer to a request was sent."""
        largest = observations.response_bytes
        for fetch in observations.fetches:
            largest = max(largest, fetch.response_bytes)
        if largest >= LARGE_BYTES and self._trim is not None and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(_DELAY_S, self._give_back)

    def _give_back(self) -> None:
        self._is_due = False
        if self._trim is not None:
            # In a thread: it takes milliseconds, in which Python need not stand still.
            self._running = asyncio.get_running_loop().run_in_executor(None, self._trim, 0)
