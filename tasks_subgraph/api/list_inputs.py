"""What lists of tasks take: paging arguments, filter and order."""

import strawberry

from subgraph_kit.errors import BadUserInputError
from subgraph_kit.list_arguments import given, values_of
from subgraph_kit.types import DateTimeRange, OrderDirection
from tasks_subgraph.api.enums import TaskOrderField, TaskPriority, TaskStatus
from tasks_subgraph.domain import task_list as domain


@strawberry.input(
    description=(
        "All given conditions must hold. "
        "An empty list matches nothing; leave the condition out instead."
    )
)
class TaskFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Full-text search in title and description, 2 to 200 characters, "
            "with the syntax of a web search\n"
            '(`"exact phrase"`, `-without`, `or`). Russian and English word forms are recognised.'
        ),
    )
    statuses: list[TaskStatus] | None = strawberry.field(
        default=strawberry.UNSET, description="Any of these statuses."
    )
    priorities: list[TaskPriority] | None = strawberry.field(
        default=strawberry.UNSET, description="Any of these priorities."
    )
    is_completed: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Shorthand for `statuses`: true is DONE, false is all the others.",
    )
    is_overdue: bool | None = strawberry.UNSET
    has_due_at: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False finds tasks without a due date."
    )
    due_at: DateTimeRange | None = strawberry.UNSET
    created_at: DateTimeRange | None = strawberry.UNSET
    updated_at: DateTimeRange | None = strawberry.UNSET
    completed_at: DateTimeRange | None = strawberry.UNSET
    in_trash: bool = strawberry.field(
        default=False, description="True lists the trash instead of the live tasks."
    )


@strawberry.input(description="Sorting of tasks. Ties are broken by id, so pages never overlap.")
class TaskOrder:
    field: TaskOrderField
    direction: OrderDirection = OrderDirection.ASC


DEFAULT_ORDER = TaskOrder(field=TaskOrderField.CREATED_AT, direction=OrderDirection.DESC)

_NO_CONDITION = domain.TaskFilter()


def domain_order(order: TaskOrder | None) -> domain.TaskOrder:
    order = order or DEFAULT_ORDER
    return domain.TaskOrder(order.field.value, order.direction is OrderDirection.DESC)


def domain_filter(task_filter: TaskFilter | None) -> domain.TaskFilter:
    """The filter as the rest of the program knows it.

    Raises:
        BadUserInputError: The search text is too short or too long.
    """
    if task_filter is None:
        return _NO_CONDITION
    return domain.TaskFilter(
        search=_search(given(task_filter.search)),
        statuses=values_of(given(task_filter.statuses)),
        priorities=values_of(given(task_filter.priorities)),
        is_completed=given(task_filter.is_completed),
        is_overdue=given(task_filter.is_overdue),
        has_due_at=given(task_filter.has_due_at),
        due_at=_range(given(task_filter.due_at)),
        created_at=_range(given(task_filter.created_at)),
        updated_at=_range(given(task_filter.updated_at)),
        completed_at=_range(given(task_filter.completed_at)),
        in_trash=task_filter.in_trash,
    )


def _search(text: str | None) -> str | None:
    if text is None:
        return None
    text = text.strip()
    if not domain.MIN_SEARCH_CHARACTERS <= len(text) <= domain.MAX_SEARCH_CHARACTERS:
        raise BadUserInputError(
            "filter.search",
            f"`search` must have {domain.MIN_SEARCH_CHARACTERS} to "
            f"{domain.MAX_SEARCH_CHARACTERS} characters.",
        )
    return text


def _range(times: DateTimeRange | None) -> domain.TimeRange:
    if times is None:
        return domain.ALWAYS
    return domain.TimeRange(given(times.from_), given(times.to))
