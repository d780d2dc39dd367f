"""Problems that the person at the screen can fix; they travel as data, not as exceptions."""

from enum import Enum
from typing import NamedTuple


class ProblemCode(Enum):
    BLANK = "BLANK"
    TOO_LONG = "TOO_LONG"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"


class Problem(NamedTuple):
    code: ProblemCode
    field: str
    """Of the mutation's input; empty when it is not about one field."""
