"""A task and the rules about it: what its values may be, what a change does."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import Final, NamedTuple
from uuid import UUID

from subgraph_kit.texts import is_storable
from tasks_subgraph.domain.problems import Problem, ProblemCode

MAX_TITLE_CHARACTERS = 200
MAX_DESCRIPTION_CHARACTERS = 10_000

_CONTROL_OR_LINE_BREAK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TaskStatus(IntEnum):
    """Numbers are stored."""

    TODO = 0
    IN_PROGRESS = 1
    DONE = 2
    CANCELED = 3


class TaskPriority(IntEnum):
    """Numbers are stored and are the rank."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4


OPEN_STATUSES: Final = (TaskStatus.TODO, TaskStatus.IN_PROGRESS)


@dataclass(slots=True)
class Task:
    id: UUID
    owner_id: UUID
    title: str
    description: str | None
    status: TaskStatus
    priority: TaskPriority
    due_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    overdue_marked_at: datetime | None
    """When the worker told about it being overdue; None again once it is not."""
    version: int

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at < now and self.status in OPEN_STATUSES


class Unchanged:
    """Type of `UNCHANGED`."""


UNCHANGED: Final = Unchanged()
"""What a field of `TaskChange` holds when it is not to be touched; None clears or is refused."""


@dataclass(slots=True)
class TaskChange:
    """What an update asks for, as it came from the client."""

    title: str | Unchanged | None = UNCHANGED
    description: str | Unchanged | None = UNCHANGED
    status: TaskStatus | Unchanged | None = UNCHANGED
    priority: TaskPriority | Unchanged | None = UNCHANGED
    due_at: datetime | Unchanged | None = UNCHANGED

    def problems(self) -> list[Problem]:
        found: list[Problem | None] = []
        if self.title is None:
            found.append(Problem(ProblemCode.BLANK, "title"))
        elif not isinstance(self.title, Unchanged):
            found.append(title_problem(self.title))
        if not isinstance(self.description, Unchanged):
            found.append(description_problem(self.description))
        if self.status is None:
            found.append(Problem(ProblemCode.INVALID, "status"))
        if self.priority is None:
            found.append(Problem(ProblemCode.INVALID, "priority"))
        return [problem for problem in found if problem is not None]


class Changed(NamedTuple):
    task: Task
    fields: tuple[str, ...]
    """Which fields differ from before; empty when the change asked for what was so already."""


def title_problem(title: str) -> Problem | None:
    """What is wrong with a title whose surrounding whitespace is not counted."""
    stripped = title.strip()
    if not stripped:
        return Problem(ProblemCode.BLANK, "title")
    if len(stripped) > MAX_TITLE_CHARACTERS:
        return Problem(ProblemCode.TOO_LONG, "title")
    if _CONTROL_OR_LINE_BREAK.search(stripped) or not is_storable(stripped):
        return Problem(ProblemCode.INVALID, "title")
    return None


def description_problem(description: str | None) -> Problem | None:
    if description is None:
        return None
    if len(description) > MAX_DESCRIPTION_CHARACTERS:
        return Problem(ProblemCode.TOO_LONG, "description")
    if not is_storable(description):
        return Problem(ProblemCode.INVALID, "description")
    return None


def stored_description(description: str | None) -> str | None:
    """None for one that is empty or blank; anything else is Markdown and stays as it is."""
    return description if description and not description.isspace() else None


def stored_moment(moment: datetime) -> datetime:
    """Cut to the millisecond, so that what clients read is exactly what is compared."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def changed(task: Task, change: TaskChange, now: datetime) -> Changed:
    """Apply a change that has no problems.

    Entering DONE sets `completed_at`, leaving it clears it. The overdue mark goes when the task is
    not overdue any more, so that it can become overdue again.
    """
    values: dict[str, object] = {}
    if isinstance(change.title, str):
        values["title"] = change.title.strip()
    if not isinstance(change.description, Unchanged):
        values["description"] = stored_description(change.description)
    if isinstance(change.status, TaskStatus):
        values["status"] = change.status
    if isinstance(change.priority, TaskPriority):
        values["priority"] = change.priority
    if not isinstance(change.due_at, Unchanged):
        values["due_at"] = change.due_at and stored_moment(change.due_at)
    values = {name: value for name, value in values.items() if getattr(task, name) != value}
    if not values:
        return Changed(task, ())
    if "status" in values:
        if values["status"] is TaskStatus.DONE:
            values["completed_at"] = now
        elif task.status is TaskStatus.DONE:
            values["completed_at"] = None
    after = replace(task, **values)  # type: ignore[arg-type]
    if not after.is_overdue(now):
        after.overdue_marked_at = None
    _touch(after, now)
    return Changed(after, tuple(values))


def trashed(task: Task, now: datetime) -> Changed:
    """Put into the trash; one that is there already stays as it is."""
    return _with_deleted_at(task, task.deleted_at or now, now)


def restored(task: Task, now: datetime) -> Changed:
    """Take out of the trash; one that is not there stays as it is."""
    return _with_deleted_at(task, None, now)


def _with_deleted_at(task: Task, deleted_at: datetime | None, now: datetime) -> Changed:
    if task.deleted_at == deleted_at:
        return Changed(task, ())
    after = replace(task, deleted_at=deleted_at)
    _touch(after, now)
    return Changed(after, ("deleted_at",))


def _touch(task: Task, now: datetime) -> None:
    task.version += 1
    task.updated_at = max(now, task.updated_at)  # a clock that steps back does not reorder
