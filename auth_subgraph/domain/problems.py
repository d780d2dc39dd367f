"""What a person can get wrong, and the words for it."""
# ruff: noqa: RUF001 - Russian words of one letter look like Latin ones

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from subgraph_kit.messages import Catalogue, Language


class ProblemCode(Enum):
    BLANK = "BLANK"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    USERNAME_TAKEN = "USERNAME_TAKEN"
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON"  # noqa: S105
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    CURRENT_PASSWORD_INVALID = "CURRENT_PASSWORD_INVALID"  # noqa: S105
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    REFRESH_TOKEN_INVALID = "REFRESH_TOKEN_INVALID"  # noqa: S105
    REFRESH_TOKEN_EXPIRED = "REFRESH_TOKEN_EXPIRED"  # noqa: S105
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED"  # noqa: S105
    LAST_ADMIN = "LAST_ADMIN"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right.

    Args:
        code: What is wrong.
        path: Where in the arguments; empty when it is not about one field.
        values: What the text mentions, such as `limit`.
    """

    code: ProblemCode
    path: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: Language) -> str:
        field_name = self.path[-1] if self.path else ""
        return _TEXTS.text(self.code, language, self.values, field=field_name)


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer of a use case that did nothing, for these reasons."""

    problems: tuple[Problem, ...]


def rejected(code: ProblemCode, *path: str) -> Rejected:
    return Rejected((Problem(code, path),))


_TEXTS = Catalogue(
    ProblemCode,
    en={
        ProblemCode.BLANK: "This must not be empty.",
        ProblemCode.TOO_SHORT: "This is too short; the minimum length is {limit}.",
        ProblemCode.TOO_LONG: "This is too long; the maximum length is {limit}.",
        ProblemCode.INVALID: "This is not in the required format.",
        (ProblemCode.INVALID, "email"): "This is no e-mail address.",
        (ProblemCode.INVALID, "username"): (
            "Use the letters a to z, digits, and _ . - only, and begin with a letter or digit."
        ),
        ProblemCode.NOT_FOUND: "There is no such object.",
        ProblemCode.EMAIL_TAKEN: "An account with this e-mail address already exists.",
        ProblemCode.USERNAME_TAKEN: "This username is already in use.",
        ProblemCode.PASSWORD_TOO_COMMON: (
            "This password is easy to guess: it is a common one or contains your username "
            "or e-mail address."
        ),
        ProblemCode.INVALID_CREDENTIALS: "The username, e-mail address or password is wrong.",
        ProblemCode.CURRENT_PASSWORD_INVALID: "Your current password is missing or wrong.",
        ProblemCode.ACCOUNT_SUSPENDED: "This account is suspended.",
        ProblemCode.REFRESH_TOKEN_INVALID: "You have been logged out. Please log in again.",
        ProblemCode.REFRESH_TOKEN_EXPIRED: "Your session has expired. Please log in again.",
        ProblemCode.REFRESH_TOKEN_REUSED: (
            "Your session was ended because its refresh token had been used before. "
            "Please log in again."
        ),
        ProblemCode.LAST_ADMIN: (
            "The last active administrator can be neither demoted, suspended nor deleted."
        ),
    },
    ru={
        ProblemCode.BLANK: "Поле не должно быть пустым.",
        ProblemCode.TOO_SHORT: "Слишком коротко: минимальная длина — {limit}.",
        ProblemCode.TOO_LONG: "Слишком длинно: максимальная длина — {limit}.",
        ProblemCode.INVALID: "Неверный формат.",
        (ProblemCode.INVALID, "email"): "Это не адрес электронной почты.",
        (ProblemCode.INVALID, "username"): (
            "Допустимы латинские буквы, цифры и знаки _ . -, первым — буква или цифра."
        ),
        ProblemCode.NOT_FOUND: "Такого объекта нет.",
        ProblemCode.EMAIL_TAKEN: "Учётная запись с этим адресом электронной почты уже существует.",
        ProblemCode.USERNAME_TAKEN: "Это имя пользователя уже занято.",
        ProblemCode.PASSWORD_TOO_COMMON: (
            "Этот пароль легко угадать: он входит в список распространённых или содержит "
            "имя пользователя либо адрес электронной почты."
        ),
        ProblemCode.INVALID_CREDENTIALS: (
            "Неверное имя пользователя, адрес электронной почты или пароль."
        ),
        ProblemCode.CURRENT_PASSWORD_INVALID: "Текущий пароль не указан или неверен.",
        ProblemCode.ACCOUNT_SUSPENDED: "Эта учётная запись заблокирована.",
        ProblemCode.REFRESH_TOKEN_INVALID: "Вы вышли из системы. Войдите снова.",
        ProblemCode.REFRESH_TOKEN_EXPIRED: "Срок действия сеанса истёк. Войдите снова.",
        ProblemCode.REFRESH_TOKEN_REUSED: (
            "Сеанс завершён: его токен обновления уже был использован. Войдите снова."
        ),
        ProblemCode.LAST_ADMIN: (
            "Последнего действующего администратора нельзя понизить, заблокировать или удалить."
        ),
    },
)
