"""Whether a part that ended by itself is started again, and when."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

_PAUSES_S = (0.5, 1.0, 2.0, 4.0)
_WINDOW_S = 60.0


class Restarts:
    """Pauses that grow with every end within a minute; after the last one there is no more."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._ends: defaultdict[str, deque[float]] = defaultdict(deque)

    def pause_s(self, part: str) -> float | None:
        """How long to wait before `part`, which just ended, starts again; None: give it up."""
        ends = self._ends[part]
        moment = self._now()
        while ends and moment - ends[0] > _WINDOW_S:
            ends.popleft()
        ends.append(moment)
        return _PAUSES_S[len(ends) - 1] if len(ends) <= len(_PAUSES_S) else None
