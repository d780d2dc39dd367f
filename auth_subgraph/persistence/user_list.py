"""The list of users, by keyset: filtered, sorted, read forward or backward from a position."""
# ruff: noqa: S608 - statements are put together from constants alone

from auth_subgraph.domain.accounts import User
from auth_subgraph.domain.user_list import SEARCH_MIN, OrderField, UserFilter, UserOrder
from auth_subgraph.persistence.rows import USER_COLUMNS, user_of
from subgraph_kit.clock import microseconds_of, moment_of
from subgraph_kit.connections import PageRequest
from subgraph_kit.cursors import Position, SortValue
from subgraph_kit.database import Database

_COLUMNS = {
    OrderField.CREATED_AT: "created_at",
    OrderField.USERNAME: "username",
    OrderField.LAST_LOGIN_AT: "last_login_at",
}


def position_of(user: User, field: OrderField) -> Position:
    """What a cursor at this user carries."""
    match field:
        case OrderField.CREATED_AT:
            return Position(microseconds_of(user.created_at), user.id)
        case OrderField.USERNAME:
            return Position(user.username, user.id)
        case OrderField.LAST_LOGIN_AT:
            last = user.last_login_at
            return Position(None if last is None else microseconds_of(last), user.id)


async def count(database: Database, conditions: UserFilter) -> int:
    statement, values = count_statement(conditions)
    counted = await database.fetch_value(statement, *values)
    assert isinstance(counted, int)  # noqa: S101 - count(*) always is
    return counted


async def read(
    database: Database, conditions: UserFilter, order: UserOrder, request: PageRequest
) -> list[User]:
    """Up to `limit + 1` users in reading order: reversed when reading backward."""
    statement, values = page_statement(conditions, order, request)
    return [user_of(row) for row in await database.fetch(statement, *values)]


def count_statement(conditions: UserFilter) -> tuple[str, list[object]]:
    statement = _Statement()
    where = statement.where(conditions)
    return f"SELECT count(*) FROM users WHERE {where}", statement.values


def page_statement(
    conditions: UserFilter, order: UserOrder, request: PageRequest
) -> tuple[str, list[object]]:
    statement = _Statement()
    where = [statement.where(conditions)]
    if request.after is not None:
        where.append(statement.beyond(order, request.after, is_toward_end=True))
    if request.before is not None:
        where.append(statement.beyond(order, request.before, is_toward_end=False))
    is_descending = order.is_descending != request.is_backward
    direction = "DESC" if is_descending else "ASC"
    nulls = ""  # said of a column without nulls, it would keep Postgres from the column's index
    if order.field is OrderField.LAST_LOGIN_AT:
        nulls = " NULLS FIRST" if request.is_backward else " NULLS LAST"
    text = (
        f"SELECT {USER_COLUMNS} FROM users WHERE {' AND '.join(where)}"
        f" ORDER BY {_COLUMNS[order.field]} {direction}{nulls}, id {direction}"
        f" LIMIT {statement.value(request.limit + 1)}"
    )
    return text, statement.values


class _Statement:
    """Conditions and the values they refer to as `$1`, `$2` …."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def value(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"

    def where(self, conditions: UserFilter) -> str:
        parts = ["true"]
        if conditions.search is not None:
            search = conditions.search.lower()
            pairs = self.value(sorted({search[at : at + 2] for at in range(len(search) - 1)}))
            parts.append(f"character_pairs @> {pairs}::text[]")
            # One pair says it all, unless it is made of a username's end and the space behind it.
            if len(search) > SEARCH_MIN or " " in search:
                pattern = self.value(f"%{_escaped(search)}%")
                parts.append(f"(username LIKE {pattern} OR email LIKE {pattern})")
        if conditions.roles is not None:
            roles = [role.value for role in conditions.roles]
            parts.append(f"role = ANY({self.value(roles)}::text[])")
        if conditions.statuses is not None:
            statuses = [status.value for status in conditions.statuses]
            parts.append(f"status = ANY({self.value(statuses)}::text[])")
        if conditions.created_from is not None:
            parts.append(f"created_at >= {self.value(conditions.created_from)}")
        if conditions.created_to is not None:
            parts.append(f"created_at < {self.value(conditions.created_to)}")
        return " AND ".join(parts)

    def beyond(self, order: UserOrder, position: Position, *, is_toward_end: bool) -> str:
        """Strictly between the position and the list's end (or beginning); nulls are at its end."""
        column = _COLUMNS[order.field]
        sign = "<" if order.is_descending == is_toward_end else ">"
        row_id = self.value(position.id)
        if position.value is None:
            tie = f"({column} IS NULL AND id {sign} {row_id})"
            return tie if is_toward_end else f"({tie} OR {column} IS NOT NULL)"
        at = self.value(_sort_value(order.field, position.value))
        beyond = f"({column}, id) {sign} ({at}, {row_id})"
        is_nullable = order.field is OrderField.LAST_LOGIN_AT
        return f"({beyond} OR {column} IS NULL)" if is_nullable and is_toward_end else beyond


def _sort_value(field: OrderField, value: SortValue) -> object:
    if field is OrderField.USERNAME:
        return value
    assert isinstance(value, int)  # noqa: S101 - cursors are signed, so this is what we put in
    return moment_of(value)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
