"""Getting in and out: register, log in, refresh, log out, check a token."""

from datetime import UTC, datetime
from enum import Enum

import strawberry
from strawberry.federation.schema_directives import Cost

from auth_subgraph.api.context import Info
from auth_subgraph.api.seen_users import viewer_ids
from auth_subgraph.api.session import AuthTokens, auth_tokens
from auth_subgraph.api.user import User, UserRole, private_user, public_user
from auth_subgraph.api.user_error import UserError, user_errors
from auth_subgraph.domain.problems import Rejected
from auth_subgraph.services import token_check
from subgraph_kit.list_arguments import given


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


@strawberry.input
class RefreshTokensInput:
    refresh_token: str


@strawberry.type
class RefreshTokensPayload:
    tokens: AuthTokens | None
    user_errors: list[UserError]


@strawberry.input
class LogoutInput:
    refresh_token: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Lets a client log out whose access token has already expired.",
    )


@strawberry.type
class LogoutPayload:
    session_ended: bool = strawberry.field(
        description=(
            "False when neither token named an active session. "
            "Not an error: the client is logged out either way."
        )
    )
    user_errors: list[UserError]


@strawberry.input
class VerifyTokenInput:
    token: str = strawberry.field(description="An access token, without `Bearer`.")


@strawberry.enum(description="Why an access token is not accepted.")
class TokenRejection(Enum):
    INVALID = strawberry.enum_value(
        token_check.TokenRejection.INVALID,
        description="Not a JWT of ours, wrong signature, issuer or audience.",
    )
    EXPIRED = token_check.TokenRejection.EXPIRED
    REVOKED = strawberry.enum_value(
        token_check.TokenRejection.REVOKED,
        description="Its session was ended, or the account is suspended or deleted.",
    )


@strawberry.type
class VerifyTokenPayload:
    valid: bool
    rejection: TokenRejection | None = strawberry.field(description="Null when valid.")
    user: User | None = strawberry.field(
        description="Null when not valid. Shows public fields only."
    )
    role: UserRole | None = strawberry.field(description="Null when not valid.")
    scopes: list[str] = strawberry.field(description="Empty when not valid.")
    expires_at: datetime | None = strawberry.field(description="Null when not valid.")
    user_errors: list[UserError]


@strawberry.type
class AccessMutations:
    @strawberry.federation.field(
        directives=[Cost(weight=50)],
        description=(
            "Create an account and log it in. The role is always USER. 10 an hour per address."
        ),
    )
    async def register(self, info: Info, input: RegisterInput) -> RegisterPayload | None:
        context = info.context
        outcome = await context.services.registration.register(
            email=input.email,
            username=given(input.username),
            password=input.password,
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
    async def login(self, info: Info, input: LoginInput) -> LoginPayload | None:
        context = info.context
        outcome = await context.services.login.login(
            input.identifier, input.password, context.origin
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, context.request.language)
            return LoginPayload(user=None, tokens=None, user_errors=errors)
        return LoginPayload(
            user=private_user(outcome.user), tokens=auth_tokens(outcome.tokens), user_errors=[]
        )

    @strawberry.federation.field(
        directives=[Cost(weight=10)],
        description=(
            "Exchange a refresh token for a new pair. Needs no access token and ignores an "
            "expired one.\n"
            "Every refresh token works once; a repeat within 10 seconds (two tabs, lost response) "
            "gets a fresh pair too,\n"
            "a later repeat revokes the session (`REFRESH_TOKEN_REUSED`)."
        ),
    )
    async def refresh_tokens(
        self, info: Info, input: RefreshTokensInput
    ) -> RefreshTokensPayload | None:
        context = info.context
        outcome = await context.services.sessions.refresh(input.refresh_token, context.origin)
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, context.request.language)
            return RefreshTokensPayload(tokens=None, user_errors=errors)
        return RefreshTokensPayload(tokens=auth_tokens(outcome), user_errors=[])

    @strawberry.field(
        description=(
            "End one session: that of the refresh token if given, else that of the access token.\n"
            "Succeeds also when the session had already ended."
        )
    )
    async def logout(
        self, info: Info, input: LogoutInput | None = strawberry.UNSET
    ) -> LogoutPayload | None:
        context = info.context
        token = context.request.viewer
        has_ended = await context.services.sessions.log_out(
            given(input.refresh_token) if input else None,
            None if token is None else viewer_ids(token),
            context.origin,
        )
        return LogoutPayload(session_ended=has_ended, user_errors=[])

    @strawberry.federation.field(
        tags=["internal"],
        description=(
            "Check an access token on behalf of a service or script that cannot check signatures "
            "itself.\n"
            "A mutation only so that tokens never end up in URLs, caches or access logs. "
            "60 a minute per address."
        ),
    )
    async def verify_token(self, info: Info, input: VerifyTokenInput) -> VerifyTokenPayload | None:
        context = info.context
        outcome = await context.services.token_check.check(input.token, context.origin)
        if isinstance(outcome, token_check.TokenRejection):
            return VerifyTokenPayload(
                valid=False,
                rejection=TokenRejection(outcome),
                user=None,
                role=None,
                scopes=[],
                expires_at=None,
                user_errors=[],
            )
        return VerifyTokenPayload(
            valid=True,
            rejection=None,
            user=public_user(outcome.user),
            role=UserRole(outcome.role),
            scopes=list(outcome.scopes),
            expires_at=datetime.fromtimestamp(outcome.expires_at, UTC),
            user_errors=[],
        )
