"""Deadlines: cancel a request's task when its time is up.

`asyncio.timeout` arms one timer a request, which is a tenth of what a small request costs. All
requests of a router have the same time, so they end in the order in which they began: one timer
that looks at the oldest is enough.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_TICK_S = 0.05


class DeadlinePassedError(Exception):
    """The request's time is up."""


class Deadline:
    """The time limit of one task; a context manager around its work.

    Attributes:
        at: On the event loop's clock.
    """

    __slots__ = ("_deadlines", "_has_passed", "_task", "at")

    def __init__(self, deadlines: Deadlines, at: float) -> None:
        self._deadlines = deadlines
        self._task: asyncio.Task[object] | None = asyncio.current_task()
        self._has_passed = False
        self.at = at

    def __enter__(self) -> Deadline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._deadlines.running.pop(self, None)
        if not self._has_passed or self._task is None:
            return
        # Somebody else may have cancelled the task too; then it stays cancelled.
        if self._task.uncancel() == 0 and isinstance(error, asyncio.CancelledError):
            raise DeadlinePassedError from error

    def cancel(self) -> None:
        """End the task now."""
        self._has_passed = True
        if self._task is not None:
            self._task.cancel()


class Deadlines:
    """The deadlines of all requests that are being answered.

    Attributes:
        running: In the order of their ends.
    """

    __slots__ = ("_is_armed", "_tick_s", "_timeout_s", "running")

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._tick_s = min(_TICK_S, timeout_s / 4)
        self._is_armed = False
        self.running: dict[Deadline, None] = {}

    def begin(self) -> Deadline:
        """Start the time of the current task."""
        loop = asyncio.get_running_loop()
        deadline = Deadline(self, loop.time() + self._timeout_s)
        self.running[deadline] = None
        if not self._is_armed:
            self._is_armed = True
            loop.call_later(self._tick_s, self._look, loop)
        return deadline

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        passed = []
        for deadline in self.running:
            if deadline.at > now:
                break
            passed.append(deadline)
        for deadline in passed:
            del self.running[deadline]
            deadline.cancel()
        self._is_armed = bool(self.running)
        if self._is_armed:
            loop.call_later(self._tick_s, self._look, loop)
