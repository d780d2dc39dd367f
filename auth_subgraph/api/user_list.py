"""The list of users: connection, filter and order."""

from enum import Enum

import strawberry
from strawberry.federation.schema_directives import Cost

from auth_subgraph.api.context import Info
from auth_subgraph.api.user import User, UserRole, UserStatus, private_user
from auth_subgraph.domain import accounts
from auth_subgraph.domain.user_list import (
    SEARCH_MAX,
    SEARCH_MIN,
    UserListFilter,
    UserListOrder,
    UserSort,
)
from subgraph_kit.connections import cursor_decoder, page_request
from subgraph_kit.errors import BadUserInputError
from subgraph_kit.list_arguments import Paging, given
from subgraph_kit.texts import is_storable
from subgraph_kit.types import DateTimeRange, OrderDirection, PageInfo


@strawberry.federation.type(tags=["admin"], description="A user and its place in a list.")
class UserEdge:
    cursor: str
    node: User


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


DEFAULT_ORDER = UserOrder(field=UserOrderField.CREATED_AT, direction=OrderDirection.DESC)


async def user_connection(
    info: Info, paging: Paging, filter_: UserFilter | None, order_by: UserOrder | None
) -> UserConnection:
    """One page of all users, every one of them shown in full.

    Raises:
        BadUserInputError: Paging or filter cannot be used.
    """
    context = info.context
    viewer_id = context.request.require_viewer().user_id
    order = _order(given(order_by) or DEFAULT_ORDER)
    conditions = _conditions(given(filter_))
    request = page_request(
        cursor_decoder(context.cursors, order.name, viewer_id),
        **{name: given(value) for name, value in paging._asdict().items()},
    )
    page = await context.services.directory.page_of_users(conditions, order, request)
    edges = [
        UserEdge(
            cursor=context.cursors.encode(
                order.name, viewer_id, context.services.directory.position(user, order)
            ),
            node=private_user(user),
        )
        for user in page.rows
    ]
    return UserConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        filter=conditions,
    )


def _order(order: UserOrder) -> UserListOrder:
    return UserListOrder(
        UserSort[order.field.name], is_descending=order.direction is OrderDirection.DESC
    )


def _conditions(filter_: UserFilter | None) -> UserListFilter:
    if filter_ is None:
        return UserListFilter()
    search, roles, statuses = (
        given(filter_.search),
        given(filter_.roles),
        given(filter_.statuses),
    )
    if search is not None and not (SEARCH_MIN <= len(search) <= SEARCH_MAX and is_storable(search)):
        message = f"`search` must have {SEARCH_MIN} to {SEARCH_MAX} characters."
        raise BadUserInputError("filter.search", message)
    created_at = given(filter_.created_at)
    return UserListFilter(
        search=search,
        roles=None if roles is None else tuple(accounts.UserRole[r.name] for r in roles),
        statuses=(
            None if statuses is None else tuple(accounts.UserStatus[s.name] for s in statuses)
        ),
        created_from=given(created_at.from_) if created_at else None,
        created_to=given(created_at.to) if created_at else None,
    )
