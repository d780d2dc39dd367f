"""The GraphQL types of tasks, alike in the subgraphs that are compared."""

from datetime import datetime

import strawberry

from benchmarks.end_to_end.data import TaskPriority, TaskStatus

strawberry.enum(TaskStatus)
strawberry.enum(TaskPriority)


@strawberry.federation.type(keys=["id"], name="User")
class TaskOwner:
    id: strawberry.ID


@strawberry.federation.type(keys=["id"])
class Task:
    id: strawberry.ID
    title: str
    status: TaskStatus
    priority: TaskPriority
    created_at: datetime
    owner: TaskOwner


@strawberry.type
class TaskPage:
    page: str
    nodes: list[Task]
