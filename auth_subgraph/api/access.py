"""Getting in and out: register and log in."""

from typing import Annotated

import strawberry
from strawberry.federation.schema_directives import Cost

from auth_subgraph.api.context import Info, given
from auth_subgraph.api.errors import UserError, user_errors
from auth_subgraph.api.session import AuthTokens, auth_tokens
from auth_subgraph.api.user import User, private_user
from auth_subgraph.domain.problems import Rejected


@strawberry.input
class RegisterInput:
    email: str = strawberry.field(
        description="At most 254 characters, stored lower-cased. `EMAIL_TAKEN` if in use."
    )
    username: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "3 to 32 of `a-z 0-9 _ . -`, starting with a letter or digit. "
            "Made up (`user_…`) if left out."
        ),
    )
    password: str = strawberry.field(
        description=(
            "8 to 128 characters, any characters, nothing trimmed. "
            "Normalised to NFKC before hashing."
        )
    )


@strawberry.type
class RegisterPayload:
    user: User | None
    tokens: AuthTokens | None
    user_errors: list[UserError]


@strawberry.input
class LoginInput:
    identifier: str = strawberry.field(description="Username or e-mail, in any case.")
    password: str


@strawberry.type
class LoginPayload:
    user: User | None
    tokens: AuthTokens | None
    user_errors: list[UserError]


@strawberry.type
class AccessMutations:
    @strawberry.federation.field(
        directives=[Cost(weight=50)],
        description=(
            "Create an account and log it in. The role is always USER. 10 an hour per address."
        ),
    )
    async def register(
        self, info: Info, arguments: Annotated[RegisterInput, strawberry.argument(name="input")]
    ) -> RegisterPayload | None:
        context = info.context
        outcome = await context.services.registration.register(
            email=arguments.email,
            username=given(arguments.username),
            password=arguments.password,
            origin=context.origin,
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, context.request.language)
            return RegisterPayload(user=None, tokens=None, user_errors=errors)
        return RegisterPayload(
            user=private_user(outcome.user), tokens=auth_tokens(outcome.tokens), user_errors=[]
        )

    @strawberry.federation.field(
        directives=[Cost(weight=50)],
        description=(
            "Log in by username or e-mail. Limited per address and per account; "
            "at most one login, register or refreshTokens per request."
        ),
    )
    async def login(
        self, info: Info, arguments: Annotated[LoginInput, strawberry.argument(name="input")]
    ) -> LoginPayload | None:
        context = info.context
        outcome = await context.services.login.login(
            arguments.identifier, arguments.password, context.origin
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, context.request.language)
            return LoginPayload(user=None, tokens=None, user_errors=errors)
        return LoginPayload(
            user=private_user(outcome.user), tokens=auth_tokens(outcome.tokens), user_errors=[]
        )
