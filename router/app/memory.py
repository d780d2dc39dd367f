"""Keep memory from one answer to the next, and give it back to the system after a large one.

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

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 2 * 2**20

LARGE_BYTES = 8 * 2**20
_DELAY_S = 1.0
"""The answer is on its way by then, and a burst of large ones is cleaned up after once."""


def keep_freed_memory() -> None:
    """Let the C library of this process keep up to 2 MiB at the end of its heap.

    With its own bound of 128 KiB an answer of 100 kB gives pages back and takes them again, which
    costs a tenth of the answer's time.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        set_option(_M_MMAP_THRESHOLD, _KEPT_BYTES // 2)  # larger blocks are mapped one by one


class FreeMemory:
    """Watches for large answers."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._is_due = False
        self._running: asyncio.Future[int] | None = None

    def observe(self, observations: Observations) -> None:
        """To be called on the event loop, after the answer to a request was sent."""
        is_large = observations.response_bytes >= LARGE_BYTES
        for fetch in observations.fetches:
            if fetch.response_bytes >= LARGE_BYTES:
                is_large = True
        if is_large and self._trim is not None and not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(_DELAY_S, self._give_back)

    def _give_back(self) -> None:
        self._is_due = False
        if self._trim is not None:
            # In a thread: it takes milliseconds, in which Python need not stand still.
            self._running = asyncio.get_running_loop().run_in_executor(None, self._trim, 0)
