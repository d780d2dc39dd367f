"""What resolvers find in `info.context`."""

from dataclasses import dataclass
from uuid import UUID

import strawberry

from subgraph_kit.cursors import CursorCodec
from subgraph_kit.errors import TokenProblem, UnauthenticatedError
from subgraph_kit.ids import parse_id
from subgraph_kit.request_context import RequestContext
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


Info = strawberry.Info[TasksContext, None]
