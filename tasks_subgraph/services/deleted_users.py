"""A deleted user's tasks go, however many there are."""

from collections.abc import Callable
from datetime import datetime

from subgraph_kit.database import UnitOfWork
from subgraph_kit.events import Event
from subgraph_kit.inbox import Progress
from tasks_subgraph.events.consumed import deleted_user
from tasks_subgraph.persistence import upkeep

BATCH_SIZE = 1000


class DeletedUsers:
    """Handler of `user.deleted`: a batch per transaction, live tasks and trash alike.

    The owner is closed first, so that nothing can be created while the rest is removed. No
    `task.deleted` events are sent: the only one who could see those tasks is gone.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now

    async def handle(self, event: Event, work: UnitOfWork) -> Progress:
        owner_id = deleted_user(event)
        if not await upkeep.is_owner_closed(work, owner_id):
            await upkeep.close_owner(work, owner_id, now=self._now())
            return Progress.MORE  # holding the owner and taking tasks could meet a user's delete
        if await upkeep.delete_tasks_of(work, owner_id, limit=BATCH_SIZE):
            return Progress.MORE
        await upkeep.delete_keys_of(work, owner_id)
        return Progress.DONE
