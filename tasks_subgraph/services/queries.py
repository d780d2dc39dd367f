"""What a user can look at: own tasks, one by one or as a list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from subgraph_kit.connections import Page, PageRequest
from subgraph_kit.cursors import Position
from subgraph_kit.database import Database
from tasks_subgraph.domain.task import Task
from tasks_subgraph.domain.task_list import TaskFilter, TaskOrder
from tasks_subgraph.persistence import reading
from tasks_subgraph.persistence.list_statements import position
from tasks_subgraph.persistence.reading import ListedTask

__all__ = ["ListedTask", "TaskQueries", "position_of"]


class TaskQueries:
    """The use cases that read.

    Args:
        database: Of this subgraph.
        now: The clock that decides what is overdue.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self.now = now

    async def by_id(self, owner_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Task]:
        """Those of the tasks that exist and are the owner's."""
        return await reading.tasks_by_id(self._database, owner_id, ids)

    async def page(
        self, owner_id: UUID, task_filter: TaskFilter, order: TaskOrder, request: PageRequest
    ) -> Page[ListedTask]:
        return await reading.task_page(
            self._database, owner_id, task_filter, order, request, now=self.now()
        )

    async def count(self, owner_id: UUID, task_filter: TaskFilter) -> int:
        return await reading.task_count(self._database, owner_id, task_filter, now=self.now())


def position_of(listed: ListedTask) -> Position:
    return position(listed.task.id, listed.sort_value)
