"""Texts as people compare them: sort keys, and the form that search looks at.

Both are made here and stored, because the databases we run on disagree about alphabets: some come
without ICU, some compare by code point, and then Ё sorts before А.
"""

from unicodedata import combining, normalize

from subgraph_kit.texts import storable

_SORT_KEY_CHARACTERS = 200
"""An index entry must stay under a third of a page; two parts of 200 characters of 4 bytes do."""

_PIECE_CHARACTERS = 128

_QUOTES = str.maketrans(dict.fromkeys("«»“”„‟″", '"'))


def title_sort_key(title: str) -> str:
    """Compared code point by code point, orders titles by the Russian and English alphabets.

    Case and accents count only between titles that are otherwise equal, so Ё stands with Е.
    """
    folded = normalize("NFKC", title).casefold()
    return f"{_bare(folded)[:_SORT_KEY_CHARACTERS]}\x01{folded[:_SORT_KEY_CHARACTERS]}"


def searchable(text: str) -> str:
    """The form in which texts are indexed and looked for: without case and accents, ё as е."""
    clean = storable(text, " ").translate(_QUOTES)
    return _bare(_normalized(clean).casefold())


def _normalized(text: str) -> str:
    """NFKC, piece by piece.

    Marks in a row are sorted, which takes seconds where there are thousands: a piece ends before
    the next letter, or in the midst of more marks than any letter has.
    """
    if text.isascii():
        return text
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = start + _PIECE_CHARACTERS
        while end < start + 2 * _PIECE_CHARACTERS and combining(text[end : end + 1] or " "):
            end += 1
        pieces.append(normalize("NFKC", text[start:end]))
        start = end
    return "".join(pieces)


def _bare(text: str) -> str:
    """Without accents; й is a letter of its own and stays."""
    if text.isascii():
        return text
    return "".join(
        character if character == "й" else _without_marks(character) for character in text
    )


def _without_marks(character: str) -> str:
    return "".join(part for part in normalize("NFKD", character) if not combining(part))
