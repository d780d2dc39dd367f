"""The root fields that read."""

import strawberry
from strawberry.federation.schema_directives import ListSize

from auth_subgraph.api.context import Info
from auth_subgraph.api.session import Session, session_view
from auth_subgraph.api.user import User, private_user, public_user, seen_user
from auth_subgraph.api.user_list import (
    DEFAULT_ORDER,
    UserConnection,
    UserFilter,
    UserOrder,
    user_connection,
)
from auth_subgraph.domain.accounts import READ_USERS
from subgraph_kit.errors import BadUserInputError, TokenProblem
from subgraph_kit.ids import parse_id
from subgraph_kit.list_arguments import PAGED, First, Last, Paging

_AT_MOST_20_SESSIONS = ListSize(
    assumed_size=20,
    slicing_arguments=strawberry.UNSET,
    sized_fields=strawberry.UNSET,
    require_one_slicing_argument=strawberry.UNSET,
)


@strawberry.type
class Query:
    @strawberry.field(
        description=(
            "The current user. Null without error when no token was sent; null with "
            "`UNAUTHENTICATED`\n"
            "(`extensions.reason`: `TOKEN_EXPIRED` or `TOKEN_INVALID`) when the token sent is no "
            "good,\n"
            "so that clients know to refresh."
        )
    )
    async def me(self, info: Info) -> User | None:
        if info.context.request.identity is TokenProblem.MISSING:
            return None
        return private_user((await info.context.viewer()).user)

    @strawberry.federation.field(
        requires_scopes=[[READ_USERS]],
        tags=["admin"],
        description="A user by id; null if there is none.",
    )
    async def user(self, info: Info, id: strawberry.ID) -> User | None:
        await info.context.viewer_with(READ_USERS)
        if parse_id("user", id) is None:
            raise BadUserInputError("id", "This is no id of a user.")
        (seen,) = await info.context.seen_users([id])
        return seen_user(id, seen)

    @strawberry.federation.field(
        authenticated=True,
        description=(
            "The public profile with exactly this username (compared case-insensitively); "
            "null if there is none.\n"
            'Answers "is this person registered?" for any logged-in user. 30 calls a minute.'
        ),
    )
    async def user_by_username(self, info: Info, username: str) -> User | None:
        viewer = await info.context.viewer()
        user = await info.context.services.directory.user_by_username(username, viewer.user.id)
        if user is None:
            return None
        is_visible = user.id == viewer.user.id or viewer.has_scope(READ_USERS)
        return private_user(user) if is_visible else public_user(user)

    @strawberry.federation.field(
        requires_scopes=[[READ_USERS]],
        tags=["admin"],
        directives=[PAGED],
        description="All users. Default order: newest first.",
    )
    async def users(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: UserFilter | None = strawberry.UNSET,
        order_by: UserOrder | None = DEFAULT_ORDER,
    ) -> UserConnection | None:
        await info.context.viewer_with(READ_USERS)
        return await user_connection(info, Paging(first, after, last, before), filter, order_by)

    @strawberry.federation.field(
        authenticated=True,
        directives=[_AT_MOST_20_SESSIONS],
        description=(
            "My active sessions, the most recently used first. "
            "At most 20 exist: a further login ends the oldest."
        ),
    )
    async def sessions(self, info: Info) -> list[Session] | None:
        viewer = await info.context.viewer()
        sessions = await info.context.services.directory.sessions(viewer.user.id)
        return [session_view(session, viewer.session_id) for session in sessions]
