"""Rules for passwords: long enough, storable, not what everybody tries first."""

import unicodedata
from dataclasses import dataclass

from auth_subgraph.domain.problems import Problem, ProblemCode
from subgraph_kit.texts import is_storable

MAX_CHARACTERS = 1024
"""No password that is accepted is longer."""


def normalize_password(password: str) -> str:
    """NFKC: й typed as one code point or as two is one password. Nothing is trimmed.

    What is too long to be anybody's stays as it is: NFKC sorts marks above and below letters, which
    takes seconds where there are tens of thousands in a row.
    """
    if len(password) > MAX_CHARACTERS:
        return password
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What a password that is chosen now must satisfy; older ones stay as they are."""

    min_length: int
    max_length: int
    common: frozenset[str]
    """Lower-case; the ones that guessers try first."""

    def check(self, password: str, names: tuple[str, ...], *path: str) -> Problem | None:
        """The first thing wrong with `password`.

        Args:
            password: As typed.
            names: The account's username and e-mail address, which must not be part of it.
            path: Of the argument.
        """
        if not password.strip():
            return Problem(ProblemCode.BLANK, path)
        if not is_storable(password):
            return Problem(ProblemCode.INVALID, path)
        normalized = normalize_password(password)
        if len(normalized) < self.min_length:
            return Problem(ProblemCode.TOO_SHORT, path, {"limit": self.min_length})
        if len(normalized) > self.max_length:
            return Problem(ProblemCode.TOO_LONG, path, {"limit": self.max_length})
        lowered = normalized.lower()
        if lowered in self.common or any(name.lower() in lowered for name in names if name):
            return Problem(ProblemCode.PASSWORD_TOO_COMMON, path)
        return None
