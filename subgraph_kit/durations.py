"""Durations and rates as people write them in settings: `15m`, `7d`, `5/15m`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_RATE = re.compile(r"(\d+)/(\d+(?:ms|s|m|h|d))")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `limit` events in any `period_s` seconds."""

    limit: int
    period_s: float


def parse_duration(value: object) -> timedelta:
    """Read `15m`, `7d`, `10s` or `250ms`; a timedelta passes through.

    Raises:
        ValueError: The text is no whole number followed by ms, s, m, h or d.
    """
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a whole number with a unit: ms, s, m, h or d, for example 15m")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def parse_rate(value: object) -> RateLimit:
    """Read `5/15m`: five in fifteen minutes; a RateLimit passes through.

    Raises:
        ValueError: The text is no count and period, or one of them is zero.
    """
    if isinstance(value, RateLimit):
        return value
    match = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a count, a slash and a period, for example 5/15m")
    rate = RateLimit(limit=int(match[1]), period_s=parse_duration(match[2]).total_seconds())
    if rate.limit < 1 or rate.period_s <= 0:
        raise ValueError("both the count and the period must be greater than zero")
    return rate


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""Type of a settings field that takes `15m`."""

Rate = Annotated[RateLimit, BeforeValidator(parse_rate)]
"""Type of a settings field that takes `5/15m`."""
