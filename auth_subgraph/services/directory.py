"""Looking up users and sessions; reads only."""

from collections.abc import Sequence
from uuid import UUID

from auth_subgraph.domain.accounts import READ_USERS, SCOPES, SeenUser, User
from auth_subgraph.domain.names import is_username, normalize_name
from auth_subgraph.domain.sessions import Session
from auth_subgraph.domain.user_list import UserFilter, UserOrder
from auth_subgraph.persistence import reading, user_list
from auth_subgraph.services import limits
from auth_subgraph.services.limits import Attempts
from subgraph_kit.connections import Page, PageRequest, page
from subgraph_kit.cursors import Position
from subgraph_kit.database import Database

_ROLES_THAT_SEE_ALL = tuple(role.value for role in SCOPES if READ_USERS in SCOPES[role])


class Directory:
    def __init__(self, database: Database, attempts: Attempts) -> None:
        self._database = database
        self._attempts = attempts

    async def viewer(self, session_id: UUID, user_id: UUID) -> User | None:
        """Who an access token belongs to; None when its session ended or the user is gone."""
        return await reading.viewer(self._database, session_id, user_id)

    async def seen_users(
        self, ids: Sequence[str], session_id: UUID | None, *, may_see_all: bool
    ) -> dict[str, SeenUser]:
        """Users that exist, as the user of the session may see them while it is active.

        Args:
            ids: 32 hexadecimal digits each, as the keys of the answer.
            session_id: Of the one who looks; None for anybody.
            may_see_all: Whether the token would do; the present role decides as well.
        """
        roles = _ROLES_THAT_SEE_ALL if may_see_all else ()
        return await reading.seen_users(self._database, ids, session_id, roles)

    async def user_by_username(self, username: str, viewer_id: UUID) -> User | None:
        """Raises RateLimitedError: asked too often by this viewer."""
        counter = limits.per_user("lookup", viewer_id, limits.LOOKUPS_PER_USER)
        await limits.count(self._attempts, counter)
        if not is_username(username):
            return None
        return await reading.user_by_username(self._database, normalize_name(username))

    async def sessions(self, user_id: UUID) -> list[Session]:
        """Active ones, the most recently used first."""
        return await reading.active_sessions(self._database, user_id)

    async def count_users(self, conditions: UserFilter) -> int:
        """How many users match, all pages together."""
        return await user_list.count(self._database, conditions)

    async def page_of_users(
        self, conditions: UserFilter, order: UserOrder, request: PageRequest
    ) -> Page[User]:
        """One page of the users that match."""
        return page(request, await user_list.read(self._database, conditions, order, request))

    def position(self, user: User, order: UserOrder) -> Position:
        """What a cursor at this user carries."""
        return user_list.position_of(user, order.field)
