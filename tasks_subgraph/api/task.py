"""Task, lists of tasks, and the part of User that hangs off them."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Self

import strawberry
from strawberry.federation.schema_directives import (
    Authenticated,
    Cost,
    RequiresScopes,
)

from subgraph_kit.connections import page_info, read_selected, selected_fields
from subgraph_kit.errors import ForbiddenError, RequestError
from subgraph_kit.ids import format_id, parse_id
from subgraph_kit.list_arguments import PAGED, First, Last, Paging, given, page_request
from subgraph_kit.types import Node, PageInfo
from tasks_subgraph.api.context import READ, Info
from tasks_subgraph.api.enums import TaskPriority, TaskStatus
from tasks_subgraph.api.list_inputs import (
    DEFAULT_ORDER,
    TaskFilter,
    TaskOrder,
    domain_filter,
    domain_order,
)
from tasks_subgraph.domain import task as domain
from tasks_subgraph.services.queries import ListedTask, position_of

MAY_READ = (Authenticated(), RequiresScopes(scopes=[[READ]]))

_STATUS = {status.value: status for status in TaskStatus}
_PRIORITY = {priority.value: priority for priority in TaskPriority}


@strawberry.federation.type(
    keys=["id"],
    description=(
        "A task of one user. Nobody but its owner can read or change it, administrators included."
    ),
)
class Task(Node):
    id: strawberry.ID
    title: str = strawberry.field(description="1 to 200 characters, without line breaks.")
    description: str | None = strawberry.field(
        description="Markdown, at most 10,000 characters. Null when empty."
    )
    status: TaskStatus
    is_completed: bool = strawberry.field(description="True exactly when `status` is DONE.")
    priority: TaskPriority
    due_at: datetime | None = strawberry.field(
        description=(
            'The moment by which it should be done. For "by the end of a day" send that day\'s '
            "last second in the user's time zone."
        )
    )
    is_overdue: bool = strawberry.field(
        description=(
            "True when `dueAt` has passed and the status is TODO or IN_PROGRESS. "
            "Computed on reading, so it is never stale."
        )
    )
    completed_at: datetime | None = strawberry.field(
        description="When it last became DONE; null while it is not."
    )
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = strawberry.field(
        description=(
            "When it was put into the trash; null while it is not there. "
            "Removed for good 30 days later."
        )
    )
    version: int = strawberry.field(
        description=(
            "Grows by one with every change. "
            "Send it back as `expectedVersion` to detect a concurrent change."
        )
    )
    owner: "User | None" = strawberry.field(
        description=(
            "The user it belongs to, resolved by the auth subgraph. "
            "Null only when that user was deleted a moment ago\n"
            "or the auth subgraph is not answering; "
            "`owner { id }` alone never needs the auth subgraph."
        )
    )

    @classmethod
    async def resolve_references(
        cls, info: Info, ids: Sequence[str]
    ) -> Sequence["Task | RequestError | None"]:
        """As `Query.task`: only the viewer's own; an id that cannot exist is no error here."""
        context = info.context
        try:
            owner_id = context.owner(READ)
        except RequestError as error:
            return [error] * len(ids)
        task_ids = [parse_id("task", id_) for id_ in ids]
        found = await context.queries.by_id(owner_id, [id_ for id_ in task_ids if id_ is not None])
        now = context.queries.now()
        tasks = [None if id_ is None else found.get(id_) for id_ in task_ids]
        return [None if task is None else task_of(task, now) for task in tasks]


@strawberry.type(description="A task and its place in a list.")
class TaskEdge:
    cursor: str
    node: Task


@strawberry.type(description="A page of tasks.")
class TaskConnection:
    edges: list[TaskEdge]
    nodes: list[Task] = strawberry.field(
        description="The nodes of `edges`, for clients that need no cursors."
    )
    page_info: PageInfo
    total_count: int = strawberry.field(
        description="All tasks that match the filter. Counted only when asked for.",
        directives=[Cost(weight=5)],
    )


@strawberry.federation.type(keys=["id"])
class User(Node):
    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:
        return cls(id=id)

    @strawberry.field(
        description="My tasks. `FORBIDDEN`, and null, on any user but yourself.",
        directives=[*MAY_READ, PAGED],
    )
    async def tasks(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: TaskFilter | None = strawberry.UNSET,
        order_by: TaskOrder | None = DEFAULT_ORDER,
    ) -> TaskConnection | None:
        if info.context.request.require_scope(READ).user_id != self.id:
            raise ForbiddenError("Nobody sees the tasks of other people.")
        return await task_connection(info, Paging(first, after, last, before), filter, order_by)


async def task_connection(
    info: Info, paging: Paging, task_filter: TaskFilter | None, order: TaskOrder | None
) -> TaskConnection:
    """A page of the viewer's tasks; page and count are read only when they are selected."""
    context = info.context
    owner_id = context.owner(READ)
    viewer = format_id("user", owner_id)
    wanted, wanted_order = domain_filter(given(task_filter)), domain_order(given(order))
    request = page_request(paging, partial(context.cursors.decode, wanted_order.name, viewer))
    selected = selected_fields(info._raw_info)  # noqa: SLF001 - Strawberry's own form costs 10 times this
    page, total_count = await read_selected(
        selected,
        partial(context.queries.page, owner_id, wanted, wanted_order, request),
        partial(context.queries.count, owner_id, wanted),
    )

    def cursor(listed: ListedTask) -> str:
        return context.cursors.encode(wanted_order.name, viewer, position_of(listed))

    now = context.queries.now()
    nodes = [task_of(listed.task, now) for listed in page.rows]
    edges = zip(page.rows, nodes, strict=True) if "edges" in selected else ()
    return TaskConnection(
        edges=[TaskEdge(cursor=cursor(listed), node=node) for listed, node in edges],
        nodes=nodes,
        page_info=page_info(page, cursor),
        total_count=total_count,
    )


def task_of(task: domain.Task, now: datetime) -> Task:
    """What a client sees of a task at that moment."""
    return Task(
        id=strawberry.ID(format_id("task", task.id)),
        title=task.title,
        description=task.description,
        status=_STATUS[task.status],
        is_completed=task.status is domain.TaskStatus.DONE,
        priority=_PRIORITY[task.priority],
        due_at=task.due_at,
        is_overdue=task.is_overdue(now),
        completed_at=task.completed_at,
        created_at=task.created_at,
        updated_at=task.updated_at,
        deleted_at=task.deleted_at,
        version=task.version,
        owner=User(id=strawberry.ID(format_id("user", task.owner_id))),
    )
