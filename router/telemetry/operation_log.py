"""The operation log: one line for every operation, and one more for every refused request.

Never holds variables, tokens or texts of operations: the hash finds the operation.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from router.observations import Observations
    from router.telemetry.logging import LogFormat

_FLUSH_AFTER_S = 0.1
_MAX_BUFFERED_LINES = 1000

_encode = msgspec.json.Encoder().encode


class LineWriter:
    """Gathers lines and writes them together: one system call for many requests."""

    __slots__ = ("_lines", "_stream")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        """Take a line, without its end; it is written within a tenth of a second."""
        self._lines.append(line)
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_FLUSH_AFTER_S, self.flush)
        elif len(self._lines) >= _MAX_BUFFERED_LINES:
            self.flush()

    def flush(self) -> None:
        if self._lines:
            lines, self._lines = self._lines, []
            self._stream.write(b"\n".join(lines) + b"\n")
            self._stream.flush()


class _OperationLine(msgspec.Struct):
    """Keys of a JSON line, in their order."""

    time: str
    level: str
    logger: str
    event: str
    request_id: str
    client: str
    viewer: str
    operation: str
    kind: str
    hash: str
    status: int
    outcome: str
    codes: list[str]
    duration_ms: float
    response_bytes: int
    fetches: list[_FetchPart]


_FetchPart = tuple[str, str, int, float, int]
"""One request to a subgraph: its name, outcome, HTTP status, duration in ms, attempts."""


class Clock:
    """The time of day as text, to the millisecond.

    Formatting a date takes longer than all the rest of a line, so the last text is kept, and the
    last second's.
    """

    __slots__ = ("_millisecond", "_now", "_second", "_start", "_text")

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._second = self._millisecond = -1
        self._start = self._text = ""

    def text(self) -> str:
        """The moment of the call, "2026-01-31T23:59:59.999Z"."""
        millisecond = int(self._now() * 1000)
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            second, rest = divmod(millisecond, 1000)
            if second != self._second:
                self._second = second
                self._start = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._text = f"{self._start}.{rest:03d}Z"
        return self._text


class OperationLog:
    """Writes the lines."""

    __slots__ = ("_line", "_moment", "_writer")

    def __init__(
        self,
        writer: LineWriter,
        log_format: LogFormat,
        moment: Callable[[], str] | None = None,
    ) -> None:
        self._writer = writer
        self._line = _json_line if log_format == "json" else _text_line
        self._moment = moment or Clock().text

    def observe(self, observations: Observations, now_s: float) -> None:
        """Write the line of one request."""
        duration_ms = (now_s - observations.started_s) * 1e3
        self._writer.write(self._line(observations, self._moment(), duration_ms))


def _is_refusal(observations: Observations) -> bool:
    return observations.outcome not in ("ok", "errors")


def _json_line(observations: Observations, moment: str, duration_ms: float) -> bytes:
    is_refusal = _is_refusal(observations)
    return _encode(
        _OperationLine(
            moment,
            "warning" if is_refusal else "info",
            "router.audit" if is_refusal else "router.operation",
            "refused" if is_refusal else "operation",
            observations.request_id,
            observations.client_address,
            observations.viewer,
            observations.operation_name,
            observations.operation_kind,
            observations.operation_hash,
            observations.status,
            observations.outcome,
            observations.error_codes,
            int(duration_ms * 1e3 + 0.5) / 1e3,  # what `round` gives, in a tenth of its time
            observations.response_bytes,
            [
                (f.subgraph, f.outcome, f.status, int(f.duration_s * 1e6 + 0.5) / 1e3, f.attempts)
                for f in observations.fetches
            ],
        )
    )


def _text_line(observations: Observations, moment: str, duration_ms: float) -> bytes:
    name = observations.operation_name or observations.operation_hash or "-"
    fetches = " ".join(
        f"{fetch.subgraph}={fetch.duration_s * 1e3:.1f}ms"
        + ("" if fetch.outcome == "ok" else f"({fetch.outcome})")
        for fetch in observations.fetches
    )
    codes = ",".join(dict.fromkeys(observations.error_codes))
    parts = (
        moment,
        f"{observations.operation_kind or 'request'} {name}",
        str(observations.status),
        f"{duration_ms:.1f}ms",
        fetches,
        codes,
        observations.viewer,
    )
    line = " ".join(part for part in parts if part)
    if not line.isprintable():  # a line break would be the start of a line that never was
        line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return line.encode("utf-8", "backslashreplace")
