"""Problems that the person using the client can fix, in that person's language."""

from collections.abc import Iterable
from enum import Enum

import strawberry

from subgraph_kit.messages import Catalogue, Language
from subgraph_kit.types import (
    USER_ERROR_CODE_DESCRIPTION,
    USER_ERROR_DESCRIPTION,
    UserErrorFields,
)
from tasks_subgraph.domain.problems import Problem, ProblemCode
from tasks_subgraph.domain.task import MAX_DESCRIPTION_CHARACTERS, MAX_TITLE_CHARACTERS
from tasks_subgraph.services.commands import MAX_KEY_CHARACTERS, MIN_KEY_CHARACTERS


@strawberry.enum(description="Codes of `UserError`.")
class UserErrorCode(Enum):
    BLANK = strawberry.enum_value(
        ProblemCode.BLANK, description="A required text is empty or only whitespace."
    )
    TOO_LONG = strawberry.enum_value(ProblemCode.TOO_LONG, description="Longer than allowed.")
    INVALID = strawberry.enum_value(ProblemCode.INVALID, description="Not in the required format.")
    NOT_FOUND = strawberry.enum_value(
        ProblemCode.NOT_FOUND,
        description="No such object, or it is not yours. The two are never told apart.",
    )
    VERSION_CONFLICT = strawberry.enum_value(
        ProblemCode.VERSION_CONFLICT,
        description=(
            "The object changed since you read it; the payload carries its present state."
        ),
    )
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        ProblemCode.IDEMPOTENCY_KEY_REUSED,
        description="The idempotency key was already used for a different request.",
    )
    LIMIT_EXCEEDED = strawberry.enum_value(
        ProblemCode.LIMIT_EXCEEDED,
        description="The account already has the greatest allowed number of these objects.",
    )


@strawberry.federation.type(shareable=True, description=USER_ERROR_DESCRIPTION)
class UserError(UserErrorFields):
    code: UserErrorCode = strawberry.field(description=USER_ERROR_CODE_DESCRIPTION)


_TEXTS = Catalogue(
    ProblemCode,
    en={
        ProblemCode.BLANK: "This must not be empty.",
        ProblemCode.TOO_LONG: "This is too long.",
        (ProblemCode.TOO_LONG, "title"): (
            f"A title has at most {MAX_TITLE_CHARACTERS} characters."
        ),
        (ProblemCode.TOO_LONG, "description"): (
            f"A description has at most {MAX_DESCRIPTION_CHARACTERS} characters."
        ),
        ProblemCode.INVALID: "This is not in the required format.",
        (ProblemCode.INVALID, "title"): "A title is one line of text.",
        (ProblemCode.INVALID, "idempotencyKey"): (
            f"A key has {MIN_KEY_CHARACTERS} to {MAX_KEY_CHARACTERS} characters."
        ),
        ProblemCode.NOT_FOUND: "There is no such task.",
        ProblemCode.VERSION_CONFLICT: "The task was changed in the meantime.",
        ProblemCode.IDEMPOTENCY_KEY_REUSED: "This key was already used for another request.",
        ProblemCode.LIMIT_EXCEEDED: "You have as many tasks as are allowed.",
    },
    ru={
        ProblemCode.BLANK: "Поле не должно быть пустым.",
        ProblemCode.TOO_LONG: "Слишком длинно.",
        (ProblemCode.TOO_LONG, "title"): (
            f"Название не должно быть длиннее {MAX_TITLE_CHARACTERS} знаков."
        ),
        (ProblemCode.TOO_LONG, "description"): (
            f"Описание не должно быть длиннее {MAX_DESCRIPTION_CHARACTERS} знаков."
        ),
        ProblemCode.INVALID: "Неверный формат.",
        (ProblemCode.INVALID, "title"): "Название — это одна строка текста.",
        (ProblemCode.INVALID, "idempotencyKey"): (
            f"Длина ключа — от {MIN_KEY_CHARACTERS} до {MAX_KEY_CHARACTERS} знаков."
        ),
        ProblemCode.NOT_FOUND: "Такой задачи нет.",
        ProblemCode.VERSION_CONFLICT: "Задачу тем временем изменили.",
        ProblemCode.IDEMPOTENCY_KEY_REUSED: "Этот ключ уже использован для другого запроса.",
        ProblemCode.LIMIT_EXCEEDED: "У вас наибольшее допустимое число задач.",
    },
)


def user_errors(problems: Iterable[Problem], language: Language) -> list[UserError]:
    return [
        UserError(
            code=UserErrorCode(problem.code),
            message=_TEXTS.text(problem.code, language, field=problem.field),
            path=["input", problem.field] if problem.field else [],
        )
        for problem in problems
    ]
