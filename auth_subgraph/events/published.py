"""What this service tells the others, stored in the transaction of the change.

An e-mail address never leaves this service.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from auth_subgraph.domain.accounts import User
from subgraph_kit.database import UnitOfWork
from subgraph_kit.events import Event
from subgraph_kit.ids import format_id
from subgraph_kit.outbox import add_events
from subgraph_kit.types import format_datetime

_SOURCE = "auth"


async def publish(work: UnitOfWork, *events: Event) -> None:
    """Hand events to the outbox; they are sent after the unit of work commits."""
    await add_events(work, events)


def user_created(user: User) -> Event:
    return _event("user.created", user.id, {"username": user.username})


def user_updated(user: User, changed: Sequence[str]) -> Event:
    """`changed` names fields; their values are not told, the username excepted."""
    return _event("user.updated", user.id, {"username": user.username, "changed": list(changed)})


def user_deleted(user_id: UUID) -> Event:
    return _event("user.deleted", user_id, {})


def user_suspended(user_id: UUID, session_ids: Sequence[UUID], until: datetime) -> Event:
    """`until`: when the last access token of the sessions has expired."""
    return _event("user.suspended", user_id, _sessions(session_ids, until))


def session_revoked(user_id: UUID, session_ids: Sequence[UUID], until: datetime) -> Event:
    """`until`: when the last access token of the sessions has expired."""
    return _event("session.revoked", user_id, _sessions(session_ids, until))


def role_changed(user: User) -> Event:
    return _event("user.role_changed", user.id, {"role": user.role.value})


def _sessions(session_ids: Sequence[UUID], until: datetime) -> dict[str, object]:
    return {
        "sids": [format_id("sess", session_id) for session_id in session_ids],
        "until": format_datetime(until),
    }


def _event(type_: str, user_id: UUID, data: dict[str, object]) -> Event:
    subject = format_id("user", user_id)
    return Event(type=type_, source=_SOURCE, subject=subject, data={"id": subject, **data})
