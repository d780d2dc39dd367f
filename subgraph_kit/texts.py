"""Which texts Postgres can hold: all but those with a NUL or with half of a surrogate pair."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def storable(text: str, replacement: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """The text with something else for each character that cannot be stored."""
    return _UNSTORABLE.sub(replacement, text)
