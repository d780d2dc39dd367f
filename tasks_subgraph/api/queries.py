"""Query."""

import strawberry

from subgraph_kit.errors import BadUserInputError
from subgraph_kit.ids import parse_id
from subgraph_kit.list_arguments import PAGED, First, Last, Paging
from tasks_subgraph.api.context import READ, Info
from tasks_subgraph.api.list_inputs import DEFAULT_ORDER, TaskFilter, TaskOrder
from tasks_subgraph.api.task import (
    MAY_READ,
    Task,
    TaskConnection,
    task_connection,
    task_of,
)


@strawberry.type
class Query:
    @strawberry.field(
        description=(
            "One of my tasks, also from the trash; "
            "null if there is none with this id or it is not mine."
        ),
        directives=MAY_READ,
    )
    async def task(self, info: Info, id: strawberry.ID) -> Task | None:
        context = info.context
        owner_id = context.owner(READ)
        task_id = parse_id("task", id)
        if task_id is None:
            raise BadUserInputError("id", "`id` is not the id of a task.")
        task = (await context.queries.by_id(owner_id, [task_id])).get(task_id)
        return None if task is None else task_of(task, context.queries.now())

    @strawberry.field(
        description="My tasks. Default order: newest first.", directives=[*MAY_READ, PAGED]
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
        return await task_connection(info, Paging(first, after, last, before), filter, order_by)
