"""What resolvers see of a request: the caller and the services."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import strawberry

from auth_subgraph.api.seen_users import seen_users, viewer_ids
from auth_subgraph.domain.accounts import SCOPES, SeenUser, User
from auth_subgraph.domain.audit import Origin
from auth_subgraph.services.wiring import Services
from subgraph_kit.cursors import CursorCodec
from subgraph_kit.errors import ForbiddenError, TokenProblem, UnauthenticatedError
from subgraph_kit.request_context import RequestContext


@dataclass(frozen=True, slots=True)
class ActiveViewer:
    """The caller with an active session, as the database knows them now."""

    user: User
    session_id: UUID
    token_scopes: frozenset[str]

    def has_scope(self, scope: str) -> bool:
        """Whether the token carries the scope and the user's role still grants it."""
        return scope in self.token_scopes and scope in SCOPES[self.user.role]


@dataclass(frozen=True, slots=True)
class Context:
    request: RequestContext
    services: Services
    cursors: CursorCodec

    @property
    def origin(self) -> Origin:
        return Origin(self.request.client_address, self.request.user_agent, self.request.request_id)

    async def seen_users(self, ids: Sequence[str]) -> list[SeenUser | None]:
        """Users by id as the caller may see them, in one statement."""
        return await seen_users(self.services.directory, self.request.viewer, ids)

    async def viewer(self) -> ActiveViewer:
        """The caller, as the database knows them now.

        Looked up each time: an earlier mutation of the same request may have ended the session.

        Raises:
            UnauthenticatedError: No token, a bad one, or its session has ended.
        """
        token = self.request.require_viewer()
        user_id, session_id = viewer_ids(token)
        user = await self.services.directory.viewer(session_id, user_id)
        if user is None:
            raise UnauthenticatedError(TokenProblem.SESSION_ENDED)
        return ActiveViewer(user, session_id, token.scopes)

    async def viewer_with(self, scope: str) -> ActiveViewer:
        """The caller, who holds `scope`.

        Raises:
            UnauthenticatedError: There is no caller.
            ForbiddenError: The token or the present role lacks the scope.
        """
        viewer = await self.viewer()
        if not viewer.has_scope(scope):
            message = f"This needs the scope {scope}."
            raise ForbiddenError(message, [[scope]])
        return viewer


Info = strawberry.Info[Context, None]
