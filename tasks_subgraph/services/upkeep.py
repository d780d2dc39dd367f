"""What time does to tasks: the worker's jobs, a batch at a time, each batch one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta

from subgraph_kit.database import Database
from subgraph_kit.outbox import add_events
from tasks_subgraph.events.published import TaskEvent, task_event
from tasks_subgraph.persistence import upkeep

BATCH_SIZE = 1000

_CLOSED_OWNERS_KEPT = timedelta(days=1)
"""Longer than any access token lives and any event waits behind another."""


class Upkeep:
    """Jobs; each does one batch and returns how many rows it changed.

    Args:
        database: Of this subgraph.
        now: The clock.
        trash_retention: How long a task stays in the trash.
        idempotency_ttl: How long a key is remembered.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        trash_retention: timedelta,
        idempotency_ttl: timedelta,
    ) -> None:
        self._database = database
        self._now = now
        self._trash_retention = trash_retention
        self._idempotency_ttl = idempotency_ttl

    async def mark_overdue(self) -> int:
        """Tell once about every task that became overdue; its version does not move."""
        async with self._database.unit_of_work() as work:
            marked = await upkeep.mark_overdue(work, now=self._now(), limit=BATCH_SIZE)
            events = [
                task_event(
                    TaskEvent.OVERDUE,
                    task_id=task.task_id,
                    owner_id=task.owner_id,
                    version=task.version,
                    is_by_worker=True,
                )
                for task in marked
            ]
            await add_events(work, events)
        return len(marked)

    async def empty_trash(self) -> int:
        async with self._database.unit_of_work() as work:
            before = self._now() - self._trash_retention
            gone = await upkeep.empty_trash(work, before=before, limit=BATCH_SIZE)
            events = [
                task_event(
                    TaskEvent.DELETED,
                    task_id=task.task_id,
                    owner_id=task.owner_id,
                    version=task.version + 1,
                    is_by_worker=True,
                )
                for task in gone
            ]
            await add_events(work, events)
        return len(gone)

    async def forget_keys(self) -> int:
        before = self._now() - self._idempotency_ttl
        return await upkeep.forget_keys(self._database, before=before, limit=BATCH_SIZE)

    async def forget_owners(self) -> int:
        before = self._now() - _CLOSED_OWNERS_KEPT
        return await upkeep.forget_owners(self._database, before=before)
