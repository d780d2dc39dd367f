"""What people do to their own account and sessions."""

import strawberry
from strawberry.federation.schema_directives import Cost

from auth_subgraph.api.context import Info
from auth_subgraph.api.session import AuthTokens, auth_tokens
from auth_subgraph.api.user import User, private_user
from auth_subgraph.api.user_error import UserError, user_errors
from auth_subgraph.domain.problems import Rejected
from subgraph_kit.ids import format_id, parse_id
from subgraph_kit.list_arguments import given


@strawberry.input
class LogoutEverywhereInput:
    keep_current: bool = strawberry.field(
        default=False, description="Keep the session of this request."
    )


@strawberry.type
class LogoutEverywherePayload:
    ended_sessions: int
    user_errors: list[UserError]


@strawberry.input
class RevokeSessionInput:
    session_id: strawberry.ID


@strawberry.type
class RevokeSessionPayload:
    revoked_session_id: strawberry.ID | None = strawberry.field(
        description="For removing the session from a client cache."
    )
    user_errors: list[UserError]


@strawberry.input
class UpdateProfileInput:
    username: str | None = strawberry.UNSET
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description="Changing it needs `currentPassword`."
    )
    current_password: str | None = strawberry.UNSET


@strawberry.type
class UpdateProfilePayload:
    user: User | None
    user_errors: list[UserError]


@strawberry.input
class ChangePasswordInput:
    current_password: str
    new_password: str = strawberry.field(description="Same rules as at registration.")
    end_other_sessions: bool = True


@strawberry.type
class ChangePasswordPayload:
    user: User | None
    tokens: AuthTokens | None = strawberry.field(
        description=("A new pair for the current session; the old refresh token no longer works.")
    )
    user_errors: list[UserError]


@strawberry.input
class DeleteMyAccountInput:
    current_password: str


@strawberry.type
class DeleteMyAccountPayload:
    deleted_user_id: strawberry.ID | None = strawberry.field(description="My former id.")
    user_errors: list[UserError]


@strawberry.type
class AccountMutations:
    @strawberry.federation.field(authenticated=True, description="End all my sessions.")
    async def logout_everywhere(
        self, info: Info, input: LogoutEverywhereInput | None = strawberry.UNSET
    ) -> LogoutEverywherePayload | None:
        viewer = await info.context.viewer()
        ended = await info.context.services.sessions.log_out_everywhere(
            viewer.user.id,
            viewer.session_id,
            info.context.origin,
            keep_current=input.keep_current if input else False,
        )
        return LogoutEverywherePayload(ended_sessions=ended, user_errors=[])

    @strawberry.federation.field(authenticated=True, description="End one of my sessions.")
    async def revoke_session(
        self, info: Info, input: RevokeSessionInput
    ) -> RevokeSessionPayload | None:
        viewer = await info.context.viewer()
        session_id = parse_id("sess", input.session_id)
        outcome = await info.context.services.sessions.revoke(
            viewer.user.id, session_id, info.context.origin
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return RevokeSessionPayload(revoked_session_id=None, user_errors=errors)
        return RevokeSessionPayload(revoked_session_id=input.session_id, user_errors=[])

    @strawberry.federation.field(
        authenticated=True,
        description="Change my username or e-mail. Fields left out stay as they are.",
    )
    async def update_profile(
        self, info: Info, input: UpdateProfileInput
    ) -> UpdateProfilePayload | None:
        viewer = await info.context.viewer()
        outcome = await info.context.services.account.update_profile(
            viewer.user,
            username=given(input.username),
            email=given(input.email),
            current_password=given(input.current_password),
            origin=info.context.origin,
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return UpdateProfilePayload(user=None, user_errors=errors)
        return UpdateProfilePayload(user=private_user(outcome), user_errors=[])

    @strawberry.federation.field(
        authenticated=True,
        directives=[Cost(weight=100)],
        description="Change my password. Ends all my other sessions unless told not to.",
    )
    async def change_password(
        self, info: Info, input: ChangePasswordInput
    ) -> ChangePasswordPayload | None:
        viewer = await info.context.viewer()
        outcome = await info.context.services.account.change_password(
            viewer.user,
            viewer.session_id,
            current_password=input.current_password,
            new_password=input.new_password,
            end_other_sessions=input.end_other_sessions,
            origin=info.context.origin,
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return ChangePasswordPayload(user=None, tokens=None, user_errors=errors)
        return ChangePasswordPayload(
            user=private_user(outcome.user), tokens=auth_tokens(outcome.tokens), user_errors=[]
        )

    @strawberry.federation.field(
        authenticated=True,
        directives=[Cost(weight=50)],
        description=(
            "Delete my account and, through the event `user.deleted`, "
            "my data in every other service."
        ),
    )
    async def delete_my_account(
        self, info: Info, input: DeleteMyAccountInput
    ) -> DeleteMyAccountPayload | None:
        viewer = await info.context.viewer()
        outcome = await info.context.services.account.delete(
            viewer.user,
            current_password=input.current_password,
            origin=info.context.origin,
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return DeleteMyAccountPayload(deleted_user_id=None, user_errors=errors)
        deleted_id = strawberry.ID(format_id("user", viewer.user.id))
        return DeleteMyAccountPayload(deleted_user_id=deleted_id, user_errors=[])
