"""Mutation, its inputs and payloads."""

from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import strawberry
from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from subgraph_kit.ids import parse_id
from subgraph_kit.list_arguments import given
from tasks_subgraph.api.context import WRITE, Info, TasksContext
from tasks_subgraph.api.enums import TaskPriority, TaskStatus
from tasks_subgraph.api.task import Task, task_of
from tasks_subgraph.api.user_error import UserError, user_errors
from tasks_subgraph.domain.task import UNCHANGED, TaskChange, Unchanged
from tasks_subgraph.services.commands import NewTask, Outcome

_MAY_WRITE = (Authenticated(), RequiresScopes(scopes=[[WRITE]]))


@strawberry.input
class CreateTaskInput:
    title: str = strawberry.field(
        description="1 to 200 characters; surrounding whitespace is removed."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="Markdown, at most 10,000 characters."
    )
    status: TaskStatus = TaskStatus.TODO
    priority: TaskPriority = TaskPriority.NONE
    due_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="May lie in the past."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Any text of 8 to 64 characters, for example a UUID made by the client. "
            "Sending the same input with the same key\n"
            "again within 24 hours returns the task made the first time instead of a second one."
        ),
    )


@strawberry.type
class CreateTaskPayload:
    task: Task | None
    user_errors: list[UserError]


@strawberry.input
class UpdateTaskInput:
    id: strawberry.ID
    expected_version: int | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "If given and not the task's present version: `VERSION_CONFLICT`, nothing changes, "
            "and `task` is the present state."
        ),
    )
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="Null is refused (`BLANK`)."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="Null or empty clears it."
    )
    status: TaskStatus | None = strawberry.field(
        default=strawberry.UNSET, description="Null is refused (`INVALID`)."
    )
    priority: TaskPriority | None = strawberry.field(
        default=strawberry.UNSET, description="Null is refused (`INVALID`)."
    )
    due_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Null clears it."
    )


@strawberry.type
class UpdateTaskPayload:
    task: Task | None = strawberry.field(
        description="The task as it now is; on `VERSION_CONFLICT` as it was found."
    )
    user_errors: list[UserError]


@strawberry.input
class DeleteTaskInput:
    id: strawberry.ID
    expected_version: int | None = strawberry.UNSET
    permanently: bool = strawberry.field(
        default=False,
        description="True removes the task for good, from the trash or directly.",
    )


@strawberry.type
class DeleteTaskPayload:
    deleted_task_id: strawberry.ID | None = strawberry.field(
        description="For removing the task from a client cache."
    )
    task: Task | None = strawberry.field(
        description="The task as it is in the trash; null when removed for good."
    )
    user_errors: list[UserError]


@strawberry.input
class RestoreTaskInput:
    id: strawberry.ID


@strawberry.type
class RestoreTaskPayload:
    task: Task | None = strawberry.field(description="The task, also when it was not in the trash.")
    user_errors: list[UserError]


@strawberry.type
class Mutation:
    @strawberry.field(
        description="Create a task of my own. The owner is always the user of the token.",
        directives=_MAY_WRITE,
    )
    async def create_task(self, info: Info, input: CreateTaskInput) -> CreateTaskPayload | None:
        context = info.context
        new = NewTask(
            title=input.title,
            description=given(input.description),
            status=input.status.value,
            priority=input.priority.value,
            due_at=given(input.due_at),
            idempotency_key=given(input.idempotency_key),
        )
        outcome = await context.commands.create(context.owner(WRITE), new)
        return CreateTaskPayload(
            task=_task(context, outcome), user_errors=_errors(context, outcome)
        )

    @strawberry.field(
        description=(
            "Change a task. Fields left out stay as they are; "
            "null clears `description` and `dueAt`."
        ),
        directives=_MAY_WRITE,
    )
    async def update_task(self, info: Info, input: UpdateTaskInput) -> UpdateTaskPayload | None:
        context = info.context
        change = TaskChange(
            title=_change(input.title),
            description=_change(input.description),
            status=_member(_change(input.status)),
            priority=_member(_change(input.priority)),
            due_at=_change(input.due_at),
        )
        outcome = await context.commands.update(
            context.owner(WRITE),
            parse_id("task", input.id),
            change,
            expected_version=given(input.expected_version),
        )
        return UpdateTaskPayload(
            task=_task(context, outcome), user_errors=_errors(context, outcome)
        )

    @strawberry.field(
        description="Put a task into the trash, or remove it for good.", directives=_MAY_WRITE
    )
    async def delete_task(self, info: Info, input: DeleteTaskInput) -> DeleteTaskPayload | None:
        context = info.context
        delete = context.commands.delete if input.permanently else context.commands.trash
        outcome = await delete(
            context.owner(WRITE),
            parse_id("task", input.id),
            expected_version=given(input.expected_version),
        )
        is_gone = input.permanently and not outcome.problems
        return DeleteTaskPayload(
            deleted_task_id=None if outcome.problems else input.id,
            task=None if is_gone else _task(context, outcome),
            user_errors=_errors(context, outcome),
        )

    @strawberry.field(description="Take a task back out of the trash.", directives=_MAY_WRITE)
    async def restore_task(self, info: Info, input: RestoreTaskInput) -> RestoreTaskPayload | None:
        context = info.context
        outcome = await context.commands.restore(context.owner(WRITE), parse_id("task", input.id))
        return RestoreTaskPayload(
            task=_task(context, outcome), user_errors=_errors(context, outcome)
        )


ValueT = TypeVar("ValueT")


def _change(value: ValueT) -> ValueT | Unchanged:
    return UNCHANGED if value is strawberry.UNSET else value


def _member(value: Enum | Unchanged | None) -> Any:  # noqa: ANN401 - the member's own domain value
    return value.value if isinstance(value, Enum) else value


def _task(context: TasksContext, outcome: Outcome) -> Task | None:
    return None if outcome.task is None else task_of(outcome.task, context.queries.now())


def _errors(context: TasksContext, outcome: Outcome) -> list[UserError]:
    return user_errors(outcome.problems, context.request.language)
