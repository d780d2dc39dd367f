"""Texts for people in the languages we speak, and the choice between them."""

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Generic, Literal, TypeVar

Language = Literal["en", "ru"]

DEFAULT_LANGUAGE: Language = "en"

CodeT = TypeVar("CodeT", bound=Enum)


class Catalogue(Generic[CodeT]):
    """Every code's text in every language; a missing one is found at import, not by a user.

    Args:
        codes: Each needs a text in each language.
        en: English texts, by code, or by code and field where a field can say more.
        ru: Russian texts of the same keys.
    """

    def __init__(
        self,
        codes: Iterable[CodeT],
        *,
        en: Mapping[CodeT | tuple[CodeT, str], str],
        ru: Mapping[CodeT | tuple[CodeT, str], str],
    ) -> None:
        wanted = dict.fromkeys((*codes, *en, *ru))
        for language, texts in (("en", en), ("ru", ru)):
            missing = [_readable(key) for key in wanted if key not in texts]
            if missing:
                msg = f"no {language} text for {', '.join(missing)}"
                raise ValueError(msg)
        self._texts: dict[Language, Mapping[CodeT | tuple[CodeT, str], str]] = {"en": en, "ru": ru}

    def text(
        self,
        code: CodeT,
        language: Language,
        values: Mapping[str, object] | None = None,
        *,
        field: str = "",
    ) -> str:
        """The text of `code` at `field`; `{limit}` and the like are filled in from `values`."""
        texts = self._texts[language]
        template = texts.get((code, field)) or texts[code]
        return template.format_map(values) if values else template


def _readable(key: Enum | tuple[Enum, str]) -> str:
    return key.name if isinstance(key, Enum) else f"{key[0].name} at {key[1]}"


@lru_cache(maxsize=512)
def negotiate_language(accept_language: str | None) -> Language:
    """The language a client likes best among ours; English when it names neither.

    Source: RFC 9110, section 12.5.4. Of two equal weights the one named first wins.
    """
    best: Language = DEFAULT_LANGUAGE
    best_weight = 0.0
    for item in (accept_language or "").split(",")[:20]:
        tag, _, parameter = item.strip().partition(";")
        language = tag.strip().partition("-")[0].lower()
        weight = _weight(parameter)
        if weight <= best_weight:
            continue
        if language == "ru":
            best, best_weight = "ru", weight
        elif language in {"en", "*"}:
            best, best_weight = "en", weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
