from __future__ import annotations

import asyncio
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from router.observations import FetchObservation, Observations
from router.telemetry.operation_log import Clock, LineWriter, OperationLog

if TYPE_CHECKING:
    from router.telemetry.logging import LogFormat

NOW = datetime(2026, 11, 21, 10, 15, 30, 123_456, UTC).timestamp()


def observed() -> Observations:
    observations = Observations("request-1")
    observations.operation_name = "Tasks"
    observations.operation_kind = "query"
    observations.operation_hash = "0123456789abcdef"
    observations.viewer = "user_1"
    observations.client_address = "10.0.0.7"
    observations.status = 200
    observations.response_bytes = 321
    observations.fetches.append(FetchObservation("auth", 0.0, 0.0042, "ok", 200, 10, 20, 2))
    return observations


async def lines(*all_observations: Observations, log_format: LogFormat = "json") -> list[str]:
    stream = io.BytesIO()
    writer = LineWriter(stream)
    log = OperationLog(writer, log_format, Clock(lambda: NOW).text)
    for observations in all_observations:
        log.observe(observations, observations.started_s + 0.0125)
    assert stream.getvalue() == b""  # gathered, not written one by one
    writer.flush()
    return stream.getvalue().decode().splitlines()


async def test_nothing_that_is_logged_makes_a_second_line() -> None:
    forged = observed()
    forged.viewer = "user_1\n2026 query Forged 200\x1b[31m\u2028"
    (line,) = await lines(forged, log_format="text")
    assert line.endswith(r"user_1\n2026 query Forged 200\x1b[31m\u2028")
    forged.viewer = forged.viewer.removesuffix("\u2028")
    assert len(await lines(forged)) == 1


async def test_an_operation_is_one_json_line() -> None:
    (line,) = await lines(observed())
    assert json.loads(line) == {
        "time": "2026-11-21T10:15:30.123Z",
        "level": "info",
        "logger": "router.operation",
        "event": "operation",
        "request_id": "request-1",
        "client": "10.0.0.7",
        "viewer": "user_1",
        "operation": "Tasks",
        "kind": "query",
        "hash": "0123456789abcdef",
        "status": 200,
        "outcome": "ok",
        "codes": [],
        "duration_ms": 12.5,
        "response_bytes": 321,
        "fetches": [["auth", "ok", 200, 4.2, 2]],
    }


async def test_a_refused_request_stands_in_the_audit_log() -> None:
    observations = observed()
    observations.outcome = "QUERY_TOO_DEEP"
    observations.error_codes = ["QUERY_TOO_DEEP"]
    (line,) = await lines(observations)
    entry: dict[str, Any] = json.loads(line)
    assert (entry["logger"], entry["event"], entry["level"]) == (
        "router.audit",
        "refused",
        "warning",
    )
    assert entry["codes"] == ["QUERY_TOO_DEEP"]


async def test_people_get_one_short_line() -> None:
    observations = observed()
    observations.outcome = "errors"
    observations.error_codes = ["FORBIDDEN", "FORBIDDEN"]
    (line,) = await lines(observations, log_format="text")
    assert line == ("2026-11-21T10:15:30.123Z query Tasks 200 12.5ms auth=4.2ms FORBIDDEN user_1")


def test_the_time_goes_on() -> None:
    now = [NOW]
    clock = Clock(lambda: now[0])
    assert clock.text() == "2026-11-21T10:15:30.123Z"
    now[0] += 0.8
    assert clock.text() == "2026-11-21T10:15:30.923Z"
    now[0] += 86_400
    assert clock.text() == "2026-11-22T10:15:30.923Z"


class Stream(io.BytesIO):
    """Says when something is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_flushed = asyncio.Event()

    def flush(self) -> None:
        self.is_flushed.set()


async def test_lines_are_written_together_soon() -> None:
    stream = Stream()
    writer = LineWriter(stream)
    writer.write(b"a")
    writer.write(b"b")
    async with asyncio.timeout(5):
        await stream.is_flushed.wait()
    assert stream.getvalue() == b"a\nb\n"
