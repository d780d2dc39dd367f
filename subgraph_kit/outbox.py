"""Outbox: events are rows of the transaction they tell about, published afterwards by a worker.

An event is published at least once: a worker that dies between the broker's confirmation and the
mark in the table publishes it again. Events of one thing keep their order, because whoever changes
the thing holds its row lock while the event gets its number.
Published rows stay for a while (`TRIM`), so that live updates can catch up from them.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from subgraph_kit.broker import Broker, BrokerError
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.errors import DATABASE_AWAY
from subgraph_kit.events import Event
from subgraph_kit.metrics import EVENTS_PUBLISHED, OUTBOX_LAG

log = structlog.get_logger()

_BATCH_SIZE = 200
_IDLE_S = 0.2
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 2.0

_ADD = """
INSERT INTO outbox (event_id, type, source, subject, time, data)
SELECT event_id, type, source, subject, time, data::jsonb
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  WITH ORDINALITY AS added (event_id, type, source, subject, time, data, number)
ORDER BY number
"""
_PENDING = """
SELECT id, event_id, type, source, subject, time, data::text,
       extract(epoch FROM now() - created_at)::float8 AS age_s
FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1
"""
_MARK = "UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])"
_TRIM = """
DELETE FROM outbox WHERE id IN (
  SELECT id FROM outbox WHERE published_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED
)
"""


async def add_events(work: UnitOfWork, events: Sequence[Event]) -> None:
    """Store events beside the change they tell about; they are published after its commit."""
    if events:
        rows = (
            (event.id, event.type, event.source, event.subject, event.time, _json(event.data))
            for event in events
        )
        await work.execute(_ADD, *zip(*rows, strict=True))


def _json(data: dict[str, Any]) -> str:
    return msgspec.json.encode(data).decode()


class OutboxRelay:
    """Publishes what waits in the outbox, in the order of its numbers.

    One relay of a database runs at a time (see `worker.lead`). Two would do double work and no
    harm: each publishes in order, so an event's first copy still comes after the first copies of
    those before it, and further copies have no effect.
    """

    def __init__(self, database: Database, broker: Broker, *, service: str) -> None:
        self._database = database
        self._broker = broker
        self._service = service

    async def run(self) -> None:
        """Publish until cancelled; while the broker is down, events wait."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                count = await self.publish_pending()
            except BrokerError as error:
                log.warning("events wait for the broker", reason=str(error), pause_s=pause_s)
            except DATABASE_AWAY as error:
                log.warning("events wait for the database", reason=repr(error), pause_s=pause_s)
            except Exception:
                # Border: a background task outlives its failures.
                log.exception("events could not be published", pause_s=pause_s)
            else:
                pause_s = _FIRST_PAUSE_S
                if count < _BATCH_SIZE:
                    await asyncio.sleep(_IDLE_S)
                continue
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def publish_pending(self) -> int:
        """Publish one batch.

        Returns:
            How many events it held.

        Raises:
            BrokerError: The broker failed; what it confirmed before is marked.
        """
        rows = await self._database.fetch(_PENDING, _BATCH_SIZE)
        OUTBOX_LAG.labels(self._service).set(rows[0]["age_s"] if rows else 0)
        confirmed: list[int] = []
        try:
            for row in rows:
                event = Event(
                    id=row["event_id"],
                    type=row["type"],
                    source=row["source"],
                    subject=row["subject"],
                    time=row["time"],
                    data=msgspec.json.decode(row["data"]),
                )
                await self._broker.publish(event.type, str(event.id), event.to_json())
                EVENTS_PUBLISHED.labels(self._service, event.type).inc()
                confirmed.append(row["id"])
        finally:
            if confirmed:
                await self._database.fetch(_MARK, confirmed)
        return len(rows)


async def trim_outbox(database: Database, *, keep: timedelta, batch_size: int = 1000) -> int:
    """Delete one batch of the events published longer than `keep` ago; returns how many."""
    return await database.execute(_TRIM, keep, batch_size)
