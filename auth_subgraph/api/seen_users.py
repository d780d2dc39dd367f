"""Users as the caller may see them: all that a request asks for by id in one statement."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from auth_subgraph.domain.accounts import READ_USERS, SCOPES, User
from auth_subgraph.services.directory import Directory
from subgraph_kit.errors import TokenProblem, UnauthenticatedError
from subgraph_kit.ids import parse_id
from subgraph_kit.tokens import Viewer


class SeenUser(NamedTuple):
    user: User
    shows_private: bool


async def seen_users(
    directory: Directory, token: Viewer | None, ids: Sequence[str]
) -> list[SeenUser | None]:
    """Users by id, in the order of the ids; what is no id of a user is no user.

    Private fields show only while the caller's session is active, which the same statement tells.
    """
    uuids = [parse_id("user", text) for text in ids]
    session_id, viewer_id = viewer_ids(token) if token else (None, None)
    users, role = await directory.users_by_ids(
        [uuid for uuid in uuids if uuid is not None], session_id
    )
    if role is None or token is None:
        viewer_id, sees_all = None, False
    else:
        sees_all = READ_USERS in token.scopes and READ_USERS in SCOPES[role]

    def seen(uuid: UUID | None) -> SeenUser | None:
        user = users.get(uuid) if uuid is not None else None
        return None if user is None else SeenUser(user, sees_all or uuid == viewer_id)

    return [seen(uuid) for uuid in uuids]


def viewer_ids(token: Viewer) -> tuple[UUID, UUID]:
    """Session and user of a good token.

    Raises:
        UnauthenticatedError: We signed ids that are not ours.
    """
    session_id = parse_id("sess", token.session_id)
    user_id = parse_id("user", token.user_id)
    if session_id is None or user_id is None:
        raise UnauthenticatedError(TokenProblem.INVALID)
    return session_id, user_id
