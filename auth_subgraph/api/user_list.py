"""The list of users: connection, filter and order."""

from enum import Enum

import strawberry
from strawberry.federation.schema_directives import Cost

from auth_subgraph.api.context import Info
from auth_subgraph.api.user import User, UserRole, UserStatus
from auth_subgraph.domain.user_list import UserListFilter
from subgraph_kit.types import DateTimeRange, OrderDirection, PageInfo


@strawberry.federation.type(tags=["admin"], description="A user and its place in a list.")
class UserEdge:
    cursor: str
    node: User


@strawberry.federation.type(tags=["admin"], description="A page of users.")
class UserConnection:
    edges: list[UserEdge]
    nodes: list[User] = strawberry.field(
        description="The nodes of `edges`, for clients that need no cursors."
    )
    page_info: PageInfo
    filter: strawberry.Private[UserListFilter]

    @strawberry.federation.field(
        directives=[Cost(weight=5)],
        description="All users that match the filter. Counted only when asked for.",
    )
    async def total_count(self, info: Info) -> int:
        return await info.context.services.directory.count_users(self.filter)


@strawberry.federation.input(tags=["admin"], description="All given conditions must hold.")
class UserFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Case-insensitive substring of the username or e-mail, 2 to 100 characters.",
    )
    roles: list[UserRole] | None = strawberry.field(
        default=strawberry.UNSET, description="Any of these roles."
    )
    statuses: list[UserStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="Any of these statuses."
    )
    created_at: DateTimeRange | None = strawberry.UNSET


@strawberry.federation.enum(tags=["admin"])
class UserOrderField(Enum):
    CREATED_AT = "CREATED_AT"
    USERNAME = "USERNAME"
    LAST_LOGIN_AT = strawberry.enum_value(
        "LAST_LOGIN_AT", description="Users who never logged in come last."
    )


@strawberry.federation.input(
    tags=["admin"],
    description="Sorting of users. Ties are broken by id, so pages never overlap.",
)
class UserOrder:
    field: UserOrderField
    direction: OrderDirection = OrderDirection.ASC
