"""What may have been meant by a name that is unknown."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str:
    """For the end of a message: `; is "name" meant?`, or nothing."""
    found = [f'"{each}"' for each in get_close_matches(name, sorted(known))]
    return f"; is {' or '.join(found)} meant?" if found else ""
