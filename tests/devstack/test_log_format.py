"""Log records of all parts become lines of one form; other lines stay as they are."""

import json

import pytest

from devstack.log_format import readable


def test_a_record_becomes_a_line() -> None:
    record = {
        "event": "publishing failed",
        "level": "warning",
        "time": "2026-11-21T10:15:30.123Z",
        "service": "auth",
        "attempt": 2,
        "reason": "it's down",
        "nothing": None,
    }
    level, text = readable(json.dumps(record))
    assert level == "warning"
    assert text == "10:15:30 warning publishing failed attempt=2 reason=it's down"


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "{not json", '{"a": 1}'])
def test_any_other_line_stays(line: str) -> None:
    assert readable(line) == ("", line)


def test_a_traceback_follows_its_record() -> None:
    frames = [{"filename": "a.py", "lineno": 3, "name": "f"}]
    exception = [{"exc_type": "ValueError", "exc_value": "bad", "frames": frames}]
    record = {"event": "failed", "level": "error", "time": "2026-11-21T10:15:30Z"}
    assert readable(json.dumps({**record, "exception": exception})).text.splitlines() == [
        "10:15:30 error   failed",
        "  a.py:3 in f",
        "ValueError: bad",
    ]
    assert readable(json.dumps({**record, "exception": "as text"})).text.endswith("\nas text")
