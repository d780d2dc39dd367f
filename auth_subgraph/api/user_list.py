"""The list of users: connection, filter and order."""

from enum import Enum
from functools import partial

import strawberry
from strawberry.federation.schema_directives import Cost

from auth_subgraph.api.context import Info
from auth_subgraph.api.user import User, UserRole, UserStatus, private_user
from auth_subgraph.domain import accounts
from auth_subgraph.domain import user_list as domain
from subgraph_kit.connections import page_info, read_selected, selected_fields
from subgraph_kit.errors import BadUserInputError
from subgraph_kit.list_arguments import Paging, given, page_request, values_of
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
    CREATED_AT = domain.OrderField.CREATED_AT
    USERNAME = domain.OrderField.USERNAME
    LAST_LOGIN_AT = strawberry.enum_value(
        domain.OrderField.LAST_LOGIN_AT, description="Users who never logged in come last."
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
    total_count: int = strawberry.federation.field(
        description="All users that match the filter. Counted only when asked for.",
        directives=[Cost(weight=5)],
    )


DEFAULT_ORDER = UserOrder(field=UserOrderField.CREATED_AT, direction=OrderDirection.DESC)


async def user_connection(
    info: Info, paging: Paging, user_filter: UserFilter | None, order: UserOrder | None
) -> UserConnection:
    """A page of all users, each shown in full; page and count are read only when selected.

    Raises:
        BadUserInputError: Paging or filter cannot be used.
    """
    context = info.context
    directory = context.services.directory
    viewer = context.request.require_viewer().user_id
    wanted, wanted_order = _domain_filter(given(user_filter)), _domain_order(given(order))
    request = page_request(paging, partial(context.cursors.decode, wanted_order.name, viewer))
    selected = selected_fields(info._raw_info)  # noqa: SLF001 - Strawberry's own form costs 10 times this
    page, total_count = await read_selected(
        selected,
        partial(directory.page_of_users, wanted, wanted_order, request),
        partial(directory.count_users, wanted),
    )

    def cursor(user: accounts.User) -> str:
        position = directory.position(user, wanted_order)
        return context.cursors.encode(wanted_order.name, viewer, position)

    nodes = [private_user(user) for user in page.rows]
    edges = zip(page.rows, nodes, strict=True) if "edges" in selected else ()
    return UserConnection(
        edges=[UserEdge(cursor=cursor(user), node=node) for user, node in edges],
        nodes=nodes,
        page_info=page_info(page, cursor),
        total_count=total_count,
    )


def _domain_order(order: UserOrder | None) -> domain.UserOrder:
    order = order or DEFAULT_ORDER
    return domain.UserOrder(order.field.value, is_descending=order.direction is OrderDirection.DESC)


def _domain_filter(user_filter: UserFilter | None) -> domain.UserFilter:
    if user_filter is None:
        return domain.UserFilter()
    created_at = given(user_filter.created_at)
    return domain.UserFilter(
        search=_search(given(user_filter.search)),
        roles=values_of(given(user_filter.roles)),
        statuses=values_of(given(user_filter.statuses)),
        created_from=given(created_at.from_) if created_at else None,
        created_to=given(created_at.to) if created_at else None,
    )


def _search(text: str | None) -> str | None:
    if text is None:
        return None
    if not (domain.SEARCH_MIN <= len(text) <= domain.SEARCH_MAX and is_storable(text)):
        message = f"`search` must have {domain.SEARCH_MIN} to {domain.SEARCH_MAX} characters."
        raise BadUserInputError("filter.search", message)
    return text
