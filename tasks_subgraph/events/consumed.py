"""What this subgraph hears from others, and as whom."""

from uuid import UUID

from subgraph_kit.events import Event
from subgraph_kit.ids import parse_id

QUEUE = "tasks.auth-events"
USER_DELETED = "user.deleted"


def deleted_user(event: Event) -> UUID:
    """The user of a `user.deleted` event.

    Raises:
        ValueError: The event names none.
    """
    user_id = event.data.get("id", event.subject)
    parsed = parse_id("user", user_id) if isinstance(user_id, str) else None
    if parsed is None:
        raise ValueError("the event names no user")
    return parsed
