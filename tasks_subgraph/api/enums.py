"""Enums of the schema; their values are those of the domain."""

from enum import Enum

import strawberry

from tasks_subgraph.domain import task as domain
from tasks_subgraph.domain.task_list import OrderField


@strawberry.enum(
    description=(
        "Where a task stands. Any status may follow any other; entering DONE sets `completedAt`,\n"
        'leaving it clears `completedAt`. "Overdue" is not a status: see `Task.isOverdue`.'
    )
)
class TaskStatus(Enum):
    TODO = strawberry.enum_value(
        domain.TaskStatus.TODO, description="Not started. The status of a new task."
    )
    IN_PROGRESS = domain.TaskStatus.IN_PROGRESS
    DONE = domain.TaskStatus.DONE
    CANCELED = strawberry.enum_value(domain.TaskStatus.CANCELED, description="Will not be done.")


@strawberry.enum(description="How much a task matters. Sorted in this order.")
class TaskPriority(Enum):
    NONE = strawberry.enum_value(
        domain.TaskPriority.NONE, description="Not set. The priority of a new task."
    )
    LOW = domain.TaskPriority.LOW
    MEDIUM = domain.TaskPriority.MEDIUM
    HIGH = domain.TaskPriority.HIGH
    URGENT = domain.TaskPriority.URGENT


@strawberry.enum
class TaskOrderField(Enum):
    CREATED_AT = OrderField.CREATED_AT
    UPDATED_AT = OrderField.UPDATED_AT
    DUE_AT = strawberry.enum_value(
        OrderField.DUE_AT,
        description="Tasks without a due date come last in either direction.",
    )
    PRIORITY = strawberry.enum_value(
        OrderField.PRIORITY, description="By rank: NONE is lowest, URGENT highest."
    )
    TITLE = strawberry.enum_value(
        OrderField.TITLE,
        description="By the rules of the Russian and English alphabets, case-insensitively.",
    )
