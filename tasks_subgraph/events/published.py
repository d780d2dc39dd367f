"""What this subgraph tells others, and live updates later.

Data of every `task.*` event: `id`, `owner_id`, `version` after the change, `changed` (names of the
fields that differ), `kind` (a `TaskActivityKind` of the coming subscription) and `actor_id` (null
when the worker acts). Together with the outbox's number as cursor and the envelope's `time`, that
is all `Subscription.taskEvents` needs; the task itself is read when it is delivered.
Texts never leave: who may not read a task must not read its events either.
"""

from collections.abc import Sequence
from enum import Enum
from uuid import UUID

from subgraph_kit.events import Event
from subgraph_kit.ids import format_id
from tasks_subgraph.domain.task import Task, TaskStatus

SOURCE = "tasks"


class TaskEvent(Enum):
    """Event type and kind of activity."""

    CREATED = ("task.created", "CREATED")
    UPDATED = ("task.updated", "UPDATED")
    REOPENED = ("task.updated", "REOPENED")
    COMPLETED = ("task.completed", "COMPLETED")
    TRASHED = ("task.trashed", "TRASHED")
    RESTORED = ("task.restored", "RESTORED")
    DELETED = ("task.deleted", "TRASHED")
    OVERDUE = ("task.overdue", "BECAME_OVERDUE")


def task_event(
    happened: TaskEvent,
    *,
    task_id: UUID,
    owner_id: UUID,
    version: int,
    changed: Sequence[str] = (),
    is_by_worker: bool = False,
) -> Event:
    event_type, kind = happened.value
    owner = format_id("user", owner_id)
    return Event(
        type=event_type,
        source=SOURCE,
        subject=format_id("task", task_id),
        data={
            "id": format_id("task", task_id),
            "owner_id": owner,
            "version": version,
            "changed": list(changed),
            "kind": kind,
            "actor_id": None if is_by_worker else owner,
        },
    )


def event_of_update(before: Task, after: Task) -> TaskEvent:
    if after.status is before.status:
        return TaskEvent.UPDATED
    if after.status is TaskStatus.DONE:
        return TaskEvent.COMPLETED
    return TaskEvent.REOPENED if before.status is TaskStatus.DONE else TaskEvent.UPDATED
