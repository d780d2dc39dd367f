"""The SQL of lists: filters, orders and pages turned into one statement.

The text depends on which conditions and which order are used, never on their values, so the server
sees few texts and keeps them prepared. Every order has an index that begins with owner and
`is_trashed`, so a page is read from it in place. A search collects what it finds first
(`MATERIALIZED`): its result is bounded, an index walk that hopes to meet it is not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from subgraph_kit.clock import microseconds_of, moment_of
from subgraph_kit.connections import PageRequest
from subgraph_kit.cursors import Position, SortValue
from tasks_subgraph.domain.task import OPEN_STATUSES, TaskStatus
from tasks_subgraph.domain.task_list import OrderField, TaskFilter, TaskOrder, TimeRange
from tasks_subgraph.domain.text import searchable

TASK_COLUMNS = (
    "id, owner_id, title, description, status, priority, due_at, completed_at, "
    "created_at, updated_at, deleted_at, overdue_marked_at, version"
)

_OPEN = f"({', '.join(str(status.value) for status in OPEN_STATUSES)})"


class Statement(NamedTuple):
    text: str
    arguments: Sequence[object]


class _Sorting(NamedTuple):
    """How an order is written in SQL.

    Args:
        column: Whose value goes into cursors.
        expression: What the index is on, never null; `{}` is the column or a value for it.
        type: Of the column.
    """

    column: str
    expression: str
    type: str


_NEVER = "'infinity'::timestamptz"
_DUE_AT = f"coalesce(due_at, {_NEVER})"
"""As in the index; a task without a due date is due never."""

_DUE_AT_LAST = {
    False: _Sorting("due_at", f"coalesce({{}}, {_NEVER})", "timestamptz"),
    True: _Sorting("due_at", "coalesce({}, '-infinity'::timestamptz)", "timestamptz"),
}
"""By whether the order is descending: tasks without a due date are last in either direction."""

_SORTING = {
    OrderField.CREATED_AT: _Sorting("created_at", "{}", "timestamptz"),
    OrderField.UPDATED_AT: _Sorting("updated_at", "{}", "timestamptz"),
    OrderField.PRIORITY: _Sorting("priority", "{}", "smallint"),
    OrderField.TITLE: _Sorting("title_sort_key", "{}", "text"),
}


def page_statement(
    owner_id: UUID, task_filter: TaskFilter, order: TaskOrder, request: PageRequest, now: datetime
) -> Statement:
    """Reads a page and one row more, in reading order; `sort_value` is what its cursors hold."""
    arguments: list[object] = []
    matching = " AND ".join(_matching(owner_id, task_filter, now, arguments))
    sorting = _sorting(order)
    between = " AND ".join(_between(request, order, sorting, arguments))
    if task_filter.search is None:
        source = f"tasks WHERE {matching}{' AND ' if between else ''}{between}"
        found = ""
    else:
        source = f"found{' WHERE ' if between else ''}{between}"
        found = f"WITH found AS MATERIALIZED (SELECT * FROM tasks WHERE {matching}) "  # noqa: S608 - no values
    direction = "DESC" if order.is_descending != request.is_backward else "ASC"
    return Statement(
        f"{found}SELECT {TASK_COLUMNS}, {sorting.column} AS sort_value FROM {source} "  # noqa: S608 - no values
        f"ORDER BY {sorting.expression.format(sorting.column)} {direction}, id {direction} "
        f"LIMIT {request.limit + 1}",
        arguments,
    )


def count_statement(owner_id: UUID, task_filter: TaskFilter, now: datetime) -> Statement:
    arguments: list[object] = []
    matching = " AND ".join(_matching(owner_id, task_filter, now, arguments))
    return Statement(f"SELECT count(*) FROM tasks WHERE {matching}", arguments)  # noqa: S608 - no values


def position(row_id: UUID, sort_value: object) -> Position:
    """What a cursor to a row holds."""
    if isinstance(sort_value, datetime):
        return Position(microseconds_of(sort_value), row_id)
    assert sort_value is None or isinstance(sort_value, (int, str))  # noqa: S101 - what we sort by
    return Position(sort_value, row_id)


def _sorting(order: TaskOrder) -> _Sorting:
    if order.field is OrderField.DUE_AT:
        return _DUE_AT_LAST[order.is_descending]
    return _SORTING[order.field]


def _between(
    request: PageRequest, order: TaskOrder, sorting: _Sorting, arguments: list[object]
) -> list[str]:
    column = sorting.expression.format(sorting.column)
    clauses = []
    for bound, is_start in ((request.after, True), (request.before, False)):
        if bound is not None:
            comparison = ">" if is_start != order.is_descending else "<"
            value = _argument(arguments, _from_cursor(bound.value, sorting), sorting.type)
            row_id = _argument(arguments, bound.id, "uuid")
            value = sorting.expression.format(value)
            clauses.append(f"({column}, id) {comparison} ({value}, {row_id})")
    return clauses


def _from_cursor(value: SortValue, sorting: _Sorting) -> object:
    if sorting.type == "timestamptz" and isinstance(value, int):
        return moment_of(value)
    return value


def _matching(
    owner_id: UUID, task_filter: TaskFilter, now: datetime, arguments: list[object]
) -> list[str]:
    owner = _argument(arguments, owner_id, "uuid")
    clauses = [f"owner_id = {owner}", "is_trashed" if task_filter.in_trash else "NOT is_trashed"]
    if task_filter.search is not None:
        text = _argument(arguments, searchable(task_filter.search), "text")
        clauses.append(f"search_vector @@ task_search_query({owner}, {text})")
    for column, values in (("status", task_filter.statuses), ("priority", task_filter.priorities)):
        if values is not None:
            numbers = sorted({int(value) for value in values})
            clauses.append(f"{column} = ANY({_argument(arguments, numbers, 'smallint[]')})")
    if task_filter.is_completed is not None:
        comparison = "=" if task_filter.is_completed else "<>"
        clauses.append(f"status {comparison} {TaskStatus.DONE.value}")
    if task_filter.is_overdue is not None:
        moment = _argument(arguments, now, "timestamptz")
        clauses.append(
            f"{_DUE_AT} < {moment} AND status IN {_OPEN}"
            if task_filter.is_overdue
            else f"({_DUE_AT} >= {moment} OR status NOT IN {_OPEN})"
        )
    if task_filter.has_due_at is not None:
        clauses.append(f"{_DUE_AT} {'<' if task_filter.has_due_at else '='} {_NEVER}")
    clauses.extend(_ranges(task_filter, arguments))
    return clauses


def _ranges(task_filter: TaskFilter, arguments: list[object]) -> list[str]:
    ranges: tuple[tuple[str, TimeRange], ...] = (
        (_DUE_AT, task_filter.due_at),
        ("created_at", task_filter.created_at),
        ("updated_at", task_filter.updated_at),
        ("completed_at", task_filter.completed_at),
    )
    clauses = []
    if task_filter.due_at.start is not None:
        clauses.append(f"{_DUE_AT} < {_NEVER}")
    for column, (start, end) in ranges:
        if start is not None:
            clauses.append(f"{column} >= {_argument(arguments, start, 'timestamptz')}")
        if end is not None:
            clauses.append(f"{column} < {_argument(arguments, end, 'timestamptz')}")
    return clauses


def _argument(arguments: list[object], value: object, type_: str) -> str:
    arguments.append(value)
    return f"${len(arguments)}::{type_}"
