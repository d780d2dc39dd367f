"""What resolvers find in `info.context`."""

from dataclasses import dataclass, field
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from subgraph_kit.cursors import CursorCodec
from subgraph_kit.errors import TokenProblem, UnauthenticatedError
from subgraph_kit.ids import parse_id
from subgraph_kit.request_context import RequestContext
from tasks_subgraph.domain.task import Task
from tasks_subgraph.services.commands import TaskCommands
from tasks_subgraph.services.queries import TaskQueries

READ = "tasks:read"
WRITE = "tasks:write"


@dataclass(slots=True)
class TasksContext:
    request: RequestContext
    queries: TaskQueries
    commands: TaskCommands
    cursors: CursorCodec
    _loaders: dict[UUID, DataLoader[UUID, Task | None]] = field(default_factory=dict)

    def owner(self, scope: str) -> UUID:
        """The viewer, whose tasks all of this is about.

        Raises:
            UnauthenticatedError: There is none.
            ForbiddenError: The token lacks the scope.
        """
        owner_id = parse_id("user", self.request.require_scope(scope).user_id)
        if owner_id is None:
            raise UnauthenticatedError(TokenProblem.INVALID)
        return owner_id

    async def task(self, task_id: UUID) -> Task | None:
        """One of the viewer's tasks; all that are asked for at once are one statement."""
        owner_id = self.owner(READ)
        loader = self._loaders.get(owner_id)
        if loader is None:

            async def load(ids: list[UUID]) -> list[Task | None]:
                found = await self.queries.by_id(owner_id, ids)
                return [found.get(id_) for id_ in ids]

            loader = self._loaders[owner_id] = DataLoader(load_fn=load)
        return await loader.load(task_id)


Info = strawberry.Info[TasksContext, None]
