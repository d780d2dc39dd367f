"""Users as the caller may see them: all that a request asks for by id in one statement."""

from collections.abc import Sequence
from uuid import UUID

from auth_subgraph.domain.accounts import READ_USERS, SeenUser
from auth_subgraph.services.directory import Directory
from subgraph_kit.errors import TokenProblem, UnauthenticatedError
from subgraph_kit.ids import digits_of_id, parse_id
from subgraph_kit.tokens import Viewer


async def seen_users(
    directory: Directory, token: Viewer | None, ids: Sequence[str]
) -> list[SeenUser | None]:
    """Users by id, in the order of the ids; what is no id of a user is no user."""
    digits = [digits_of_id("user", text) for text in ids]
    found = await directory.seen_users(
        [its for its in digits if its is not None],
        viewer_ids(token)[1] if token else None,
        may_see_all=token is not None and READ_USERS in token.scopes,
    )
    return [None if its is None else found.get(its) for its in digits]


def viewer_ids(token: Viewer) -> tuple[UUID, UUID]:
    """User and session of a good token.

    Raises:
        UnauthenticatedError: We signed ids that are not ours.
    """
    user_id = parse_id("user", token.user_id)
    session_id = parse_id("sess", token.session_id)
    if user_id is None or session_id is None:
        raise UnauthenticatedError(TokenProblem.INVALID)
    return user_id, session_id
