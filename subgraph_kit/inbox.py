"""Inbox: an event is stored when it arrives and takes effect exactly once.

    broker -> receive: the row, unless it is there already -> the broker forgets the message
    row -> handler and mark in one transaction -> done
                             or: the effect is undone, tried again after a growing delay, and
                             after the last try the row stays as a dead letter

Storing first makes this the only place that knows of tries and delays, whatever the broker, and a
dead letter is a row that can be read and put back by SQL. An event that always fails holds up
nobody. Events may be handled out of order, by several workers at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID, uuid5

import asyncpg
import structlog

from subgraph_kit.broker import Broker, BrokerError, Subscription
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.errors import DATABASE_AWAY
from subgraph_kit.events import Event, read_event
from subgraph_kit.metrics import EVENTS_CONSUMED, EVENTS_DEAD
from subgraph_kit.texts import storable

log = structlog.get_logger()

RETRY_DELAYS_S = (1.0, 5.0, 30.0, 120.0)
"""Between five tries."""

_IDLE_S = 1.0
_RECONNECT_S = 0.5
_UNREADABLE = "unreadable"
_UNREADABLE_NAMESPACE = UUID("5f0f6f3e-2a52-5e0b-9d0a-6b6a6f8f6f10")

_STORE = """
INSERT INTO inbox (event_id, type, body, dead_at, last_error)
VALUES ($1, $2, $3, CASE WHEN $4::text IS NOT NULL THEN now() END, $4)
ON CONFLICT (event_id) DO NOTHING RETURNING 1
"""
_NEXT = """
SELECT event_id, type, body, attempts FROM inbox
WHERE handled_at IS NULL AND dead_at IS NULL AND next_try_at <= now()
ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_HANDLED = "UPDATE inbox SET handled_at = now() WHERE event_id = $1"
_FAILED = """
UPDATE inbox SET attempts = attempts + 1, last_error = $2,
       next_try_at = now() + make_interval(secs => $3),
       dead_at = CASE WHEN $4 THEN now() END
WHERE event_id = $1 AND handled_at IS NULL
"""
_DEAD = """
SELECT event_id, type, received_at, dead_at, attempts, last_error FROM inbox
WHERE dead_at IS NOT NULL ORDER BY dead_at LIMIT 1000
"""
_REPLAY = """
UPDATE inbox SET dead_at = NULL, attempts = 0, next_try_at = now()
WHERE dead_at IS NOT NULL AND type <> 'unreadable' AND ($1::uuid[] IS NULL OR event_id = ANY($1))
"""
_TRIM = """
DELETE FROM inbox WHERE event_id IN (
  SELECT event_id FROM inbox WHERE handled_at < now() - $1::interval LIMIT $2
  FOR UPDATE SKIP LOCKED
)
"""


class Progress(Enum):
    """What a handler says of an event."""

    DONE = "done"
    MORE = "more"
    """Commit what I did and call me again: the effect is too large for one transaction."""


Handler = Callable[[Event, UnitOfWork], Awaitable[Progress]]
"""Gives an event its effect within the transaction that also marks it as handled."""


class DeadLetter(NamedTuple):
    event_id: UUID
    type: str
    received_at: datetime
    dead_at: datetime
    attempts: int
    last_error: str | None


class Inbox:
    """Receives the events of one subscription and gives them their effects.

    Args:
        database: Has the table `inbox`.
        service: Named in metrics.
        queue: Of the subscription, such as `tasks.auth-events`.
        handlers: By event type; their types are what is subscribed to.
        retry_delays_s: Before the second and each further try; one more than these are made.
    """

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        queue: str,
        handlers: Mapping[str, Handler],
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self._database = database
        self._service = service
        self._handlers = handlers
        self._retry_delays_s = retry_delays_s
        self._arrived = asyncio.Event()
        self.subscription = Subscription(queue, tuple(handlers))
        for event_type in (*handlers, _UNREADABLE):
            EVENTS_DEAD.labels(service, event_type)  # from zero, so that the first is an increase

    async def run(self, broker: Broker) -> None:
        """Receive and handle until cancelled, through failures of broker and database."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._receive_forever(broker))
            group.create_task(self._handle_forever())

    async def receive(self, body: bytes) -> None:
        """Store an event; one that was stored before is left alone."""
        try:
            event = read_event(body)
        except ValueError as error:
            await self._bury_unreadable(body, str(error))
            return
        await self._database.fetch(_STORE, event.id, event.type, body, None)
        self._arrived.set()

    async def handle_next(self) -> bool:
        """Handle the event that waits longest; False when none is due."""
        waiting: asyncpg.Record | None = None
        try:
            async with self._database.unit_of_work() as work:
                waiting = await work.fetchrow(_NEXT)
                if waiting is None:
                    return False
                event = read_event(waiting["body"])
                if await self._handlers[event.type](event, work) is Progress.MORE:
                    return True
                await work.execute(_HANDLED, event.id)
        except Exception as error:
            if waiting is None:
                raise  # the database, not the event
            await self._record_failure(waiting, error)
        else:
            EVENTS_CONSUMED.labels(self._service, event.type).inc()
        return True

    async def _receive_forever(self, broker: Broker) -> None:
        while True:
            try:
                await broker.consume(self.subscription, self.receive)
            except BrokerError as error:
                log.warning("events cannot be received", reason=str(error))
            except Exception:
                # Border: a background task outlives its failures.
                log.exception("events cannot be received")
            await asyncio.sleep(_RECONNECT_S)

    async def _handle_forever(self) -> None:
        while True:
            self._arrived.clear()
            try:
                while await self.handle_next():
                    pass
            except DATABASE_AWAY as error:
                log.warning("events wait for the database", reason=repr(error))
                await asyncio.sleep(_RECONNECT_S)
            except Exception:
                # Border: a background task outlives its failures.
                log.exception("events cannot be handled")
                await asyncio.sleep(_RECONNECT_S)
            try:
                async with asyncio.timeout(_IDLE_S):
                    await self._arrived.wait()
            except TimeoutError:
                pass  # retries may have become due

    async def _record_failure(self, failed: asyncpg.Record, error: Exception) -> None:
        event_id, event_type, attempts = failed["event_id"], failed["type"], failed["attempts"]
        is_last = attempts >= len(self._retry_delays_s)
        delay_s = 0.0 if is_last else self._retry_delays_s[attempts]
        reason = storable(f"{type(error).__name__}: {error}"[:1000])
        await self._database.fetch(_FAILED, event_id, reason, delay_s, is_last)
        if is_last:
            EVENTS_DEAD.labels(self._service, event_type).inc()
        log.error(
            "event is given up" if is_last else "event failed",
            event_id=str(event_id), type=event_type, attempt=attempts + 1, exc_info=error,
        )  # fmt: skip

    async def _bury_unreadable(self, body: bytes, reason: str) -> None:
        event_id = uuid5(_UNREADABLE_NAMESPACE, body.hex())
        if await self._database.fetch(_STORE, event_id, _UNREADABLE, body, reason):
            EVENTS_DEAD.labels(self._service, _UNREADABLE).inc()
            log.error("event cannot be read", event_id=str(event_id), reason=reason)


async def list_dead_letters(database: Database) -> list[DeadLetter]:
    """Events that were given up, oldest first, at most 1,000."""
    return [DeadLetter(*row) for row in await database.fetch(_DEAD)]


async def replay_dead_letters(database: Database, event_ids: Sequence[UUID] | None = None) -> int:
    """Let workers try dead letters again, all of them or these; returns how many."""
    return await database.execute(_REPLAY, None if event_ids is None else list(event_ids))


async def trim_inbox(database: Database, *, keep: timedelta, batch_size: int = 1000) -> int:
    """Delete one batch of events handled longer than `keep` ago; returns how many."""
    return await database.execute(_TRIM, keep, batch_size)
