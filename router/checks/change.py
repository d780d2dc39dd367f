"""One difference between two schemas."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """What a change can do to a client that is already out there."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        code: For programs, like FIELD_REMOVED.
        coordinate: `Type`, `Type.field`, `Type.field(argument:)` or `@directive`.
        is_input: Whether it is part of an input type: sent, not asked for.
        renamed_to: Coordinate in the new schema, when a removal looks like a rename.
        deprecation: Why a removed element was deprecated; empty when it was not.
    """

    severity: Severity
    code: str
    coordinate: str
    message: str
    is_input: bool = False
    renamed_to: str = ""
    deprecation: str = ""
