"""What a user does with tasks. Each use case is one transaction; its event is stored in it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.errors import TokenProblem, UnauthenticatedError
from subgraph_kit.ids import uuid7
from subgraph_kit.outbox import add_events
from subgraph_kit.texts import is_storable
from tasks_subgraph.domain.problems import Problem, ProblemCode
from tasks_subgraph.domain.task import (
    Changed,
    Task,
    TaskChange,
    TaskPriority,
    TaskStatus,
    changed,
    description_problem,
    restored,
    stored_description,
    stored_moment,
    title_problem,
    trashed,
)
from tasks_subgraph.events.published import TaskEvent, event_of_update, task_event
from tasks_subgraph.persistence import writing

MIN_KEY_CHARACTERS = 8
MAX_KEY_CHARACTERS = 64

_NOT_FOUND = Problem(ProblemCode.NOT_FOUND, "id")


@dataclass(slots=True)
class NewTask:
    """What a client asks to be created."""

    title: str
    description: str | None = None
    status: TaskStatus = TaskStatus.TODO
    priority: TaskPriority = TaskPriority.NONE
    due_at: datetime | None = None
    idempotency_key: str | None = None

    def problems(self) -> list[Problem]:
        found = (
            title_problem(self.title),
            description_problem(self.description),
            _key_problem(self.idempotency_key),
        )
        return [problem for problem in found if problem is not None]

    def hash(self) -> bytes:
        """Equal for inputs that ask for the same task."""
        parts = (
            self.title.strip(), stored_description(self.description), self.status.value,
            self.priority.value, self.due_at and stored_moment(self.due_at).isoformat(),
        )  # fmt: skip
        return hashlib.sha256(msgspec.json.encode(parts)).digest()


class Outcome(NamedTuple):
    """What became of a command: done when there are no problems."""

    task: Task | None
    problems: tuple[Problem, ...] = ()


class _RefusedError(Exception):
    """Undoes the unit of work."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class TaskCommands:
    """The use cases that write.

    Args:
        database: Of this subgraph.
        now: The clock.
        max_tasks_per_user: Counting those in the trash too, or the trash would have no bound.
        idempotency_ttl: How long a key is remembered.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        max_tasks_per_user: int,
        idempotency_ttl: timedelta,
    ) -> None:
        self._database = database
        self._now = now
        self._max_tasks_per_user = max_tasks_per_user
        self._idempotency_ttl = idempotency_ttl

    async def create(self, owner_id: UUID, new: NewTask) -> Outcome:
        if problems := new.problems():
            return Outcome(None, tuple(problems))
        now = stored_moment(self._now())
        task = Task(
            id=uuid7(),
            owner_id=owner_id,
            title=new.title.strip(),
            description=stored_description(new.description),
            status=new.status,
            priority=new.priority,
            due_at=new.due_at and stored_moment(new.due_at),
            completed_at=now if new.status is TaskStatus.DONE else None,
            created_at=now,
            updated_at=now,
            deleted_at=None,
            overdue_marked_at=None,
            version=1,
        )
        try:
            async with self._database.unit_of_work() as work:
                if new.idempotency_key is not None:
                    earlier = await self._claim_key(work, new, task)
                    if earlier is not None:
                        return Outcome(earlier)
                await self._count(work, owner_id)
                await writing.insert_task(work, task)
                await _tell(work, TaskEvent.CREATED, task)
        except _RefusedError as refused:
            return Outcome(None, (refused.problem,))
        return Outcome(task)

    async def update(
        self,
        owner_id: UUID,
        task_id: UUID | None,
        change: TaskChange,
        *,
        expected_version: int | None,
    ) -> Outcome:
        """Change some fields; a `task_id` of None is one that cannot exist."""
        if problems := change.problems():
            return Outcome(None, tuple(problems))
        return await self._change(
            owner_id, task_id, lambda task, now: changed(task, change, now), None, expected_version
        )

    async def trash(
        self, owner_id: UUID, task_id: UUID | None, *, expected_version: int | None
    ) -> Outcome:
        return await self._change(owner_id, task_id, trashed, TaskEvent.TRASHED, expected_version)

    async def restore(self, owner_id: UUID, task_id: UUID | None) -> Outcome:
        return await self._change(owner_id, task_id, restored, TaskEvent.RESTORED, None)

    async def delete(
        self, owner_id: UUID, task_id: UUID | None, *, expected_version: int | None
    ) -> Outcome:
        """Remove for good; the outcome's task is the one removed, or found on a conflict."""
        async with self._database.unit_of_work() as work:
            task = await _locked(work, owner_id, task_id)
            if task is None:
                return Outcome(None, (_NOT_FOUND,))
            if conflict := _conflict(task, expected_version):
                return Outcome(task, (conflict,))
            await writing.delete_task(work, task)
            task.version += 1
            await _tell(work, TaskEvent.DELETED, task)
        return Outcome(task)

    async def _change(
        self,
        owner_id: UUID,
        task_id: UUID | None,
        apply: Callable[[Task, datetime], Changed],
        happened: TaskEvent | None,
        expected_version: int | None,
    ) -> Outcome:
        async with self._database.unit_of_work() as work:
            before = await _locked(work, owner_id, task_id)
            if before is None:
                return Outcome(None, (_NOT_FOUND,))
            if conflict := _conflict(before, expected_version):
                return Outcome(before, (conflict,))
            after, fields = apply(before, stored_moment(self._now()))
            if fields:
                await writing.update_task(work, after, fields)
                await _tell(work, happened or event_of_update(before, after), after, fields)
        return Outcome(after)

    async def _claim_key(self, work: UnitOfWork, new: NewTask, task: Task) -> Task | None:
        """None when the key is free and now taken for `task`; else what it made before."""
        key = new.idempotency_key
        assert key is not None  # noqa: S101 - narrows for mypy
        used = await writing.use_key(
            work,
            task.owner_id,
            key,
            writing.UsedKey(new.hash(), task.id),
            now=task.created_at,
            valid_since=task.created_at - self._idempotency_ttl,
        )
        if used is None:
            return None
        if used.input_hash != new.hash():
            raise _RefusedError(Problem(ProblemCode.IDEMPOTENCY_KEY_REUSED, "idempotencyKey"))
        earlier = await writing.locked_task(work, task.owner_id, used.task_id)
        if earlier is None:  # removed for good since: a late repeat must not bring it back
            raise _RefusedError(Problem(ProblemCode.NOT_FOUND, "idempotencyKey"))
        return earlier

    async def _count(self, work: UnitOfWork, owner_id: UUID) -> None:
        owner = await writing.count_one_more(work, owner_id)
        if owner.is_deleted:
            raise UnauthenticatedError(TokenProblem.SESSION_ENDED)
        if owner.task_count > self._max_tasks_per_user:
            raise _RefusedError(Problem(ProblemCode.LIMIT_EXCEEDED, ""))


async def _locked(work: UnitOfWork, owner_id: UUID, task_id: UUID | None) -> Task | None:
    return None if task_id is None else await writing.locked_task(work, owner_id, task_id)


async def _tell(
    work: UnitOfWork, happened: TaskEvent, task: Task, fields: tuple[str, ...] = ()
) -> None:
    event = task_event(
        happened, task_id=task.id, owner_id=task.owner_id, version=task.version, changed=fields
    )
    await add_events(work, [event])


def _conflict(task: Task, expected_version: int | None) -> Problem | None:
    if expected_version is None or expected_version == task.version:
        return None
    return Problem(ProblemCode.VERSION_CONFLICT, "expectedVersion")


def _key_problem(key: str | None) -> Problem | None:
    if key is None or (MIN_KEY_CHARACTERS <= len(key) <= MAX_KEY_CHARACTERS and is_storable(key)):
        return None
    return Problem(ProblemCode.INVALID, "idempotencyKey")
