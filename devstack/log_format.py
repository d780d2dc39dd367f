"""One readable form for what the parts print: they write JSON lines, people read text."""

import json
from typing import NamedTuple

_HIDDEN = {"time", "level", "event", "service", "logger", "logger_name", "exception"}
_MAX_VALUE_CHARACTERS = 300


class Readable(NamedTuple):
    """`level` is lower case; empty for lines that are no log records."""

    level: str
    text: str


def readable(line: str) -> Readable:
    """The text of a log record in JSON; any other line as it is."""
    try:
        record = json.loads(line) if line.startswith("{") else None
    except ValueError:
        record = None
    if not isinstance(record, dict) or "event" not in record:
        return Readable("", line)
    level = str(record.get("level", "")).lower()
    clock = str(record.get("time", "")).partition("T")[2][:8]
    values = [
        f"{name}={_short(value)}"
        for name, value in record.items()
        if name not in _HIDDEN and value is not None
    ]
    text = " ".join([clock, f"{level:<7}", str(record["event"]), *values])
    if exception := record.get("exception"):
        text += "\n" + _exception_text(exception)
    return Readable(level, text)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_VALUE_CHARACTERS else text[:_MAX_VALUE_CHARACTERS] + "…"


def _exception_text(exception: object) -> str:
    """A traceback as the parts write it: text, or a list of structlog's records."""
    if isinstance(exception, str):
        return exception
    lines = []
    for record in exception if isinstance(exception, list) else []:
        frames = record.get("frames", []) if isinstance(record, dict) else []
        lines += [f"  {at.get('filename')}:{at.get('lineno')} in {at.get('name')}" for at in frames]
        if isinstance(record, dict):
            lines.append(f"{record.get('exc_type')}: {record.get('exc_value')}")
    return "\n".join(lines)
