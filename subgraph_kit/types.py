"""GraphQL types that must be word for word equal in every subgraph.

Outputs are shareable; inputs are merged by intersection, so a field or default that one subgraph
words otherwise would silently disappear or fail to compose.
"""

import re
from datetime import UTC, datetime
from enum import Enum

import strawberry
from graphql import GraphQLError, StringValueNode, ValueNode

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def format_datetime(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(timespec="milliseconds")[:-6] + "Z"


def parse_datetime(value: object, node: ValueNode | None = None) -> datetime:
    """Read RFC 3339 with an explicit offset; the answer is in UTC.

    Args:
        value: As the client wrote it.
        node: Where it stands in a document; None for the value of a variable.

    Raises:
        GraphQLError: Not such a text; carries the code `BAD_USER_INPUT`.
    """
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # the 30th of February, the hour 24, a moment before the year 1
    raise GraphQLError(
        "A DateTime must be RFC 3339 with an offset, for example 2026-11-21T10:15:30.000Z.",
        node,
        extensions={"code": "BAD_USER_INPUT"},
    )


def _parse_literal(node: ValueNode, _variables: object = None) -> datetime:
    return parse_datetime(node.value if isinstance(node, StringValueNode) else None, node)


DATETIME = strawberry.scalar(
    name="DateTime",
    description=(
        "RFC 3339 date and time with an explicit offset, for example `2026-11-21T10:15:30.000Z`.\n"
        "Always returned in UTC with `Z`. Input without an offset is rejected (`BAD_USER_INPUT`)."
    ),
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=format_datetime,
    parse_value=parse_datetime,
    parse_literal=_parse_literal,
)

SCALARS: dict[object, object] = {datetime: DATETIME}
"""For `StrawberryConfig(scalar_map=...)`: resolvers then simply say `datetime`."""


@strawberry.interface(
    description=(
        "An object with a globally unique, opaque `id`. The id carries its type as a prefix\n"
        "(`user_…`, `task_…`), so no two objects of different types ever share an id.\n"
        "Clients must not parse it."
    )
)
class Node:
    id: strawberry.ID = strawberry.field(
        description="Globally unique and stable; use it as the cache key."
    )


@strawberry.federation.type(shareable=True, description="Relay page information.")
class PageInfo:
    has_next_page: bool = strawberry.field(
        description="Whether a next page exists (when paging with `first`)."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether a previous page exists (when paging with `last`)."
    )
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first edge, or null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last edge, or null on an empty page."
    )


@strawberry.enum(description="Direction of sorting.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest, earliest or A first.")
    DESC = strawberry.enum_value("DESC", description="Largest, latest or Z first.")


@strawberry.input(
    description=(
        "Half-open interval in time: `from` is included, `to` is not. Either side may be left out."
    )
)
class DateTimeRange:
    from_: datetime | None = strawberry.field(
        name="from", default=strawberry.UNSET, description="Inclusive lower bound."
    )
    to: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Exclusive upper bound."
    )


USER_ERROR_DESCRIPTION = (
    "A problem the person using the client can understand and fix. Problems of the request itself\n"
    "(no token, no permission, rate limit, server fault) are top-level errors with "
    "`extensions.code`."
)
USER_ERROR_CODE_DESCRIPTION = (
    "Stable, machine readable. Translate by this; treat unknown codes as a general failure."
)


@strawberry.type
class UserErrorFields:
    """Base of each subgraph's `UserError`, which adds `code` with its own enum of codes.

    @strawberry.federation.type(shareable=True, description=USER_ERROR_DESCRIPTION)
    class UserError(UserErrorFields):
        code: UserErrorCode = strawberry.field(description=USER_ERROR_CODE_DESCRIPTION)
    """

    message: str = strawberry.field(
        description=(
            "Human readable, in the language of `Accept-Language` "
            "(`en` or `ru`, default `en`). Never parse it."
        )
    )
    path: list[str] = strawberry.field(
        description=(
            'Where in the arguments the problem is, for example `["input", "email"]`. '
            "Empty when it is not about one field."
        )
    )
