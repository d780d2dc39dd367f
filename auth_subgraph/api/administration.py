"""What holders of `users:write` do to other people's accounts."""

import strawberry

from auth_subgraph.api.context import Info
from auth_subgraph.api.user import User, UserRole, UserStatus, private_user
from auth_subgraph.api.user_error import UserError, user_errors
from auth_subgraph.domain import accounts
from auth_subgraph.domain.accounts import WRITE_USERS
from auth_subgraph.domain.problems import Rejected
from subgraph_kit.ids import parse_id


@strawberry.input
class SetUserRoleInput:
    user_id: strawberry.ID
    role: UserRole


@strawberry.type
class SetUserRolePayload:
    user: User | None
    user_errors: list[UserError]


@strawberry.input
class SetUserStatusInput:
    user_id: strawberry.ID
    status: UserStatus


@strawberry.type
class SetUserStatusPayload:
    user: User | None
    user_errors: list[UserError]


@strawberry.input
class RevokeUserSessionsInput:
    user_id: strawberry.ID


@strawberry.type
class RevokeUserSessionsPayload:
    ended_sessions: int
    user_errors: list[UserError]


@strawberry.input
class DeleteUserInput:
    id: strawberry.ID


@strawberry.type
class DeleteUserPayload:
    deleted_user_id: strawberry.ID | None = strawberry.field(
        description="For removing the user from a client cache."
    )
    user_errors: list[UserError]


@strawberry.type
class AdministrationMutations:
    @strawberry.federation.field(
        requires_scopes=[[WRITE_USERS]], tags=["admin"], description="Grant a role."
    )
    async def set_user_role(self, info: Info, input: SetUserRoleInput) -> SetUserRolePayload | None:
        viewer = await info.context.viewer_with(WRITE_USERS)
        outcome = await info.context.services.administration.set_role(
            parse_id("user", input.user_id),
            accounts.UserRole(input.role.value),
            viewer.user.id,
            info.context.origin,
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return SetUserRolePayload(user=None, user_errors=errors)
        return SetUserRolePayload(user=private_user(outcome), user_errors=[])

    @strawberry.federation.field(
        requires_scopes=[[WRITE_USERS]],
        tags=["admin"],
        description="Suspend or reinstate an account. Suspending ends all its sessions.",
    )
    async def set_user_status(
        self, info: Info, input: SetUserStatusInput
    ) -> SetUserStatusPayload | None:
        viewer = await info.context.viewer_with(WRITE_USERS)
        outcome = await info.context.services.administration.set_status(
            parse_id("user", input.user_id),
            accounts.UserStatus(input.status.value),
            viewer.user.id,
            info.context.origin,
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return SetUserStatusPayload(user=None, user_errors=errors)
        return SetUserStatusPayload(user=private_user(outcome), user_errors=[])

    @strawberry.federation.field(
        requires_scopes=[[WRITE_USERS]],
        tags=["admin"],
        description="End all sessions of a user.",
    )
    async def revoke_user_sessions(
        self, info: Info, input: RevokeUserSessionsInput
    ) -> RevokeUserSessionsPayload | None:
        viewer = await info.context.viewer_with(WRITE_USERS)
        outcome = await info.context.services.administration.revoke_sessions(
            parse_id("user", input.user_id), viewer.user.id, info.context.origin
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return RevokeUserSessionsPayload(ended_sessions=0, user_errors=errors)
        return RevokeUserSessionsPayload(ended_sessions=outcome, user_errors=[])

    @strawberry.federation.field(
        requires_scopes=[[WRITE_USERS]],
        tags=["admin"],
        description=(
            "Delete a user and, through the event `user.deleted`, "
            "the user's data in every other service."
        ),
    )
    async def delete_user(self, info: Info, input: DeleteUserInput) -> DeleteUserPayload | None:
        viewer = await info.context.viewer_with(WRITE_USERS)
        outcome = await info.context.services.administration.delete(
            parse_id("user", input.id), viewer.user.id, info.context.origin
        )
        if isinstance(outcome, Rejected):
            errors = user_errors(outcome, info.context.request.language)
            return DeleteUserPayload(deleted_user_id=None, user_errors=errors)
        return DeleteUserPayload(deleted_user_id=input.id, user_errors=[])
