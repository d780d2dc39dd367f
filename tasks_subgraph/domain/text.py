"""Texts as people compare them: sort keys, and the form that search looks at.

Both are made here and stored, because the databases we run on disagree about alphabets: some come
without ICU, some compare by code point, and then Ё sorts before А.
"""

import re
from unicodedata import combining, normalize

_SORT_KEY_CHARACTERS = 200
"""An index entry must stay under a third of a page; two parts of 200 characters of 4 bytes do."""

_NUL_AND_SURROGATES = re.compile("[\x00\ud800-\udfff]")
_QUOTES = str.maketrans(dict.fromkeys("«»“”„‟″", '"'))


def title_sort_key(title: str) -> str:
    """Compared code point by code point, orders titles by the Russian and English alphabets.

    Case and accents count only between titles that are otherwise equal, so Ё stands with Е.
    """
    folded = normalize("NFKC", title).casefold()
    return f"{_bare(folded)[:_SORT_KEY_CHARACTERS]}\x01{folded[:_SORT_KEY_CHARACTERS]}"


def searchable(text: str) -> str:
    """The form in which texts are indexed and looked for: without case and accents, ё as е."""
    clean = _NUL_AND_SURROGATES.sub(" ", text).translate(_QUOTES)
    return _bare(normalize("NFKC", clean).casefold())


def is_storable(text: str) -> bool:
    """Whether Postgres can hold it: no NUL, no half of a surrogate pair."""
    return _NUL_AND_SURROGATES.search(text) is None


def _bare(text: str) -> str:
    """Without accents; й is a letter of its own and stays."""
    if text.isascii():
        return text
    return "".join(
        character if character == "й" else _without_marks(character) for character in text
    )


def _without_marks(character: str) -> str:
    return "".join(part for part in normalize("NFKD", character) if not combining(part))
