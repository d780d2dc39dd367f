"""What may have been meant by a name that is unknown."""

from __future__ import annotations

from string import ascii_lowercase, digits
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHARACTERS = f"{ascii_lowercase}{digits}_"


def meant(name: str, known: Iterable[str]) -> str:
    """For the end of a message: `; is "name" meant?`, or nothing.

    A name is meant that is written alike but for case and one slip of the finger. All slips are
    made and looked up: comparing thousands of names with as many mistakes would take minutes.
    """
    by_lower = {each.lower(): each for each in known}
    plain = name.lower()
    found = plain if plain in by_lower else min(_slips(plain) & by_lower.keys(), default=None)
    return f'; is "{by_lower[found]}" meant?' if found is not None else ""


def _slips(word: str) -> set[str]:
    """The word with one character left out, put in, replaced, or swapped with the next."""
    parts = [(word[:position], word[position:]) for position in range(len(word) + 1)]
    return {
        *(before + after[1:] for before, after in parts if after),
        *(before + after[1] + after[0] + after[2:] for before, after in parts if len(after) > 1),
        *(before + new + after[1:] for before, after in parts if after for new in _CHARACTERS),
        *(before + new + after for before, after in parts for new in _CHARACTERS),
    }
