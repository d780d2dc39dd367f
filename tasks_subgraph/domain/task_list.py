"""What a list of tasks can be asked: which tasks, in which order."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from tasks_subgraph.domain.task import TaskPriority, TaskStatus

MIN_SEARCH_CHARACTERS = 2
MAX_SEARCH_CHARACTERS = 200


class OrderField(Enum):
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"
    DUE_AT = "DUE_AT"
    PRIORITY = "PRIORITY"
    TITLE = "TITLE"


class TaskOrder(NamedTuple):
    """Ties are broken by id, in the same direction."""

    field: OrderField
    is_descending: bool

    @property
    def name(self) -> str:
        """Tells orders apart inside cursors."""
        return f"{self.field.value}:{'DESC' if self.is_descending else 'ASC'}"


class TimeRange(NamedTuple):
    """Half open: `start` is in, `end` is not; None does not bound."""

    start: datetime | None = None
    end: datetime | None = None


ALWAYS: Final = TimeRange()


@dataclass(slots=True)
class TaskFilter:
    """All conditions must hold; None is no condition, an empty tuple matches nothing."""

    search: str | None = None
    statuses: tuple[TaskStatus, ...] | None = None
    priorities: tuple[TaskPriority, ...] | None = None
    is_completed: bool | None = None
    is_overdue: bool | None = None
    has_due_at: bool | None = None
    due_at: TimeRange = ALWAYS
    created_at: TimeRange = ALWAYS
    updated_at: TimeRange = ALWAYS
    completed_at: TimeRange = ALWAYS
    in_trash: bool = False
