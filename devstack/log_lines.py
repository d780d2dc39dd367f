"""What the parts print, line by line, each line with the name of its part."""

import os
import threading
from collections import deque
from multiprocessing.connection import Connection
from typing import Protocol

_KEPT_LINES = 15


class LineSink(Protocol):
    """Shows one line of one part; called from several threads."""

    def __call__(self, part: str, line: str) -> None: ...


class LogLines:
    """Reads a child's output on a thread until the child closes it, and keeps the last lines."""

    def __init__(self, part: str, output: Connection, sink: LineSink) -> None:
        self._part = part
        self._output = os.fdopen(os.dup(output.fileno()), "rb")
        output.close()
        self._sink = sink
        self._last: deque[str] = deque(maxlen=_KEPT_LINES)
        self._thread = threading.Thread(target=self._read, name=f"log-{part}", daemon=True)
        self._thread.start()

    def last(self) -> list[str]:
        """The last lines, once the child has ended and all is read."""
        self._thread.join(timeout=2)
        return list(self._last)

    def _read(self) -> None:
        with self._output:
            for raw in self._output:
                line = raw.decode(errors="replace").rstrip()
                if line:
                    self._last.append(line)
                    self._sink(self._part, line)
