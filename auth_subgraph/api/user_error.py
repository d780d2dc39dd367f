"""`UserError`: problems as data, in the caller's language."""

from enum import Enum

import strawberry

from auth_subgraph.domain.problems import ProblemCode, Rejected
from subgraph_kit.messages import Language
from subgraph_kit.types import (
    USER_ERROR_CODE_DESCRIPTION,
    USER_ERROR_DESCRIPTION,
    UserErrorFields,
)


@strawberry.enum(description="Codes of `UserError`.")
class UserErrorCode(Enum):
    BLANK = strawberry.enum_value(
        ProblemCode.BLANK, description="A required text is empty or only whitespace."
    )
    TOO_SHORT = strawberry.enum_value(ProblemCode.TOO_SHORT, description="Shorter than allowed.")
    TOO_LONG = strawberry.enum_value(ProblemCode.TOO_LONG, description="Longer than allowed.")
    INVALID = strawberry.enum_value(ProblemCode.INVALID, description="Not in the required format.")
    NOT_FOUND = strawberry.enum_value(
        ProblemCode.NOT_FOUND,
        description="No such object, or it is not yours. The two are never told apart.",
    )
    EMAIL_TAKEN = strawberry.enum_value(
        ProblemCode.EMAIL_TAKEN, description="The e-mail address already belongs to an account."
    )
    USERNAME_TAKEN = strawberry.enum_value(
        ProblemCode.USERNAME_TAKEN,
        description="The username is in use (compared case-insensitively).",
    )
    PASSWORD_TOO_COMMON = strawberry.enum_value(
        ProblemCode.PASSWORD_TOO_COMMON,
        description=(
            "The password is on the list of common or leaked passwords, "
            "or contains the username or e-mail."
        ),
    )
    INVALID_CREDENTIALS = strawberry.enum_value(
        ProblemCode.INVALID_CREDENTIALS,
        description="Wrong username, e-mail or password. Deliberately does not say which.",
    )
    CURRENT_PASSWORD_INVALID = strawberry.enum_value(
        ProblemCode.CURRENT_PASSWORD_INVALID,
        description="The current password is required for this change and is missing or wrong.",
    )
    ACCOUNT_SUSPENDED = strawberry.enum_value(
        ProblemCode.ACCOUNT_SUSPENDED,
        description="The account is suspended. Returned only after the password proved right.",
    )
    REFRESH_TOKEN_INVALID = strawberry.enum_value(
        ProblemCode.REFRESH_TOKEN_INVALID,
        description="The refresh token is unknown, malformed or revoked. Log in again.",
    )
    REFRESH_TOKEN_EXPIRED = strawberry.enum_value(
        ProblemCode.REFRESH_TOKEN_EXPIRED,
        description="The refresh token or its session has expired. Log in again.",
    )
    REFRESH_TOKEN_REUSED = strawberry.enum_value(
        ProblemCode.REFRESH_TOKEN_REUSED,
        description=(
            "The refresh token had already been exchanged: the whole session is revoked. "
            "Log in again."
        ),
    )
    LAST_ADMIN = strawberry.enum_value(
        ProblemCode.LAST_ADMIN,
        description=(
            "The last active administrator can be neither demoted, suspended nor deleted."
        ),
    )


@strawberry.federation.type(shareable=True, description=USER_ERROR_DESCRIPTION)
class UserError(UserErrorFields):
    code: UserErrorCode = strawberry.field(description=USER_ERROR_CODE_DESCRIPTION)


def user_errors(rejected: Rejected, language: Language) -> list[UserError]:
    return [
        UserError(
            code=UserErrorCode(problem.code),
            message=problem.text(language),
            path=list(problem.path),
        )
        for problem in rejected.problems
    ]
