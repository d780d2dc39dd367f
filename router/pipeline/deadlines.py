"""Deadlines: a request's fetches end a little before its time is up, so that what is there is sent.

Whatever else takes too long, or does not keep the fetches' deadline, is cancelled with its task.

`asyncio.timeout` arms one timer a request, which is a tenth of what a small request costs. All
requests of a router have the same time, so they end in the order in which they began: one timer
that looks at the oldest is enough.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

Task = asyncio.Task[Any]

_TICK_S = 0.05
_RESERVE_S = 0.25
"""For the end of fetches to be noticed, which takes a tick or more, and for the answer."""


class Deadlines:
    """The deadlines of all requests that are being answered.

    Attributes:
        running: The moment at which each task is cancelled, in seconds of `time.monotonic`; in the
            order of these moments.
    """

    __slots__ = ("_cancelled", "_is_armed", "_reserve_s", "_tick_s", "_timeout_s", "running")

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._tick_s = min(_TICK_S, timeout_s / 4)
        self._reserve_s = min(_RESERVE_S, timeout_s / 4)
        self._is_armed = False
        self._cancelled: set[Task] = set()
        self.running: dict[Task, float] = {}

    def begin(self, task: Task) -> float:
        """Start the time of a task, which has to call `end`; gives the deadline of its fetches."""
        at = self.running[task] = monotonic() + self._timeout_s
        if not self._is_armed:
            self._is_armed = True
            task.get_loop().call_later(self._tick_s, self._look, task.get_loop())
        return at - self._reserve_s

    def end(self, task: Task) -> bool:
        """Stop the time of a task; gives whether it was over and nobody else cancelled the task.

        A task that was cancelled for it goes on as if it had not been.
        """
        self.running.pop(task, None)
        if task not in self._cancelled:
            return False
        self._cancelled.remove(task)
        return task.uncancel() == 0

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        passed = []
        for task, at in self.running.items():
            if at > now:
                break
            passed.append(task)
        for task in passed:
            del self.running[task]
            self._cancelled.add(task)
            task.cancel()
        self._is_armed = bool(self.running)
        if self._is_armed:
            loop.call_later(self._tick_s, self._look, loop)


def current_task() -> Task:
    """The task that asks."""
    task = asyncio.current_task()
    if task is None:
        msg = "requests are answered in a task"
        raise RuntimeError(msg)
    return task
