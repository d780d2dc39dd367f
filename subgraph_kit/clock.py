"""The clock that composition roots hand to everything that asks for the time, and its grain."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


def microseconds_of(moment: datetime) -> int:
    """Since the epoch: what Postgres keeps of a moment, as a number that JSON does not round."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND
