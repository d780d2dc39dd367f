"""Outbox and inbox: stored with the change, published in order, in effect exactly once."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from prometheus_client import REGISTRY

from subgraph_kit.broker import BrokerError, Receive, Subscription
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.events import Event, read_event
from subgraph_kit.inbox import (
    RETRY_DELAYS_S,
    Inbox,
    Progress,
    list_dead_letters,
    replay_dead_letters,
    trim_inbox,
)
from subgraph_kit.outbox import OutboxRelay, add_events, trim_outbox

QUICKLY = (0.0, 0.0, 0.0, 0.0)


def an_event(number: int = 1, event_type: str = "thing.happened") -> Event:
    return Event(type=event_type, source="test", subject="thing_1", data={"number": number})


class FlakyBroker:
    """Keeps what it confirmed; fails at the publish of each number in `failures`, before or after
    having stored it."""

    def __init__(self, failures: dict[int, str] | None = None) -> None:
        self.bodies: list[bytes] = []
        self._failures = failures or {}
        self._count = 0

    async def publish(self, event_type: str, event_id: str, body: bytes) -> None:
        self._count += 1
        failure = self._failures.get(self._count)
        if failure != "before":
            self.bodies.append(body)
        if failure is not None:
            raise BrokerError("down")

    async def consume(self, subscription: Subscription, receive: Receive) -> None:
        raise BrokerError("down")

    async def close(self) -> None:
        pass

    @property
    def numbers(self) -> list[int]:
        return [read_event(body).data["number"] for body in self.bodies]


async def store(database: Database, events: list[Event]) -> None:
    async with database.unit_of_work() as work:
        await add_events(work, events)


async def effects(database: Database) -> list[int]:
    rows = await database.fetch("SELECT number FROM effects ORDER BY number")
    return [row["number"] for row in rows]


async def apply(event: Event, work: UnitOfWork) -> Progress:
    await work.execute("INSERT INTO effects VALUES ($1, $2)", event.id, event.data["number"])
    return Progress.DONE


def dead_count(event_type: str) -> float:
    labels = {"service": "test", "type": event_type}
    return REGISTRY.get_sample_value("events_dead_total", labels) or 0.0


async def test_an_event_is_stored_only_if_its_change_is(database: Database) -> None:
    async def change_and_fail() -> None:
        async with database.unit_of_work() as work:
            await add_events(work, [an_event()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await change_and_fail()
    assert await database.fetch_value("SELECT count(*) FROM outbox") == 0


async def test_events_are_published_in_order_and_carry_the_whole_envelope(
    database: Database,
) -> None:
    events = [an_event(number) for number in range(5)]
    await store(database, events)
    broker = FlakyBroker()

    assert await OutboxRelay(database, broker, service="test").publish_pending() == 5

    assert [read_event(body) for body in broker.bodies] == events
    envelope = msgspec.json.decode(broker.bodies[0])
    assert set(envelope) == {"id", "type", "source", "time", "subject", "dataschema", "data"}
    assert await OutboxRelay(database, broker, service="test").publish_pending() == 0


@pytest.mark.parametrize(
    ("failure", "published"),
    [("before", [0, 1, 2, 3, 4]), ("after", [0, 1, 2, 2, 3, 4])],
)
async def test_a_failing_broker_loses_nothing_and_keeps_the_order(
    database: Database, failure: str, published: list[int]
) -> None:
    await store(database, [an_event(number) for number in range(5)])
    broker = FlakyBroker({3: failure})
    relay = OutboxRelay(database, broker, service="test")

    with pytest.raises(BrokerError):
        await relay.publish_pending()
    await relay.publish_pending()

    assert broker.numbers == published


async def test_an_event_that_comes_twice_takes_effect_once(database: Database) -> None:
    inbox = Inbox(database, service="test", queue="q", handlers={"thing.happened": apply})
    body = an_event(7).to_json()

    await asyncio.gather(*(inbox.receive(body) for _ in range(5)))
    while await inbox.handle_next():
        pass
    await inbox.receive(body)

    assert not await inbox.handle_next()
    assert await effects(database) == [7]


async def test_several_workers_share_events_without_repeating_any(database: Database) -> None:
    inboxes = [
        Inbox(database, service="test", queue="q", handlers={"thing.happened": apply})
        for _ in range(3)
    ]
    for number in range(30):
        await inboxes[0].receive(an_event(number).to_json())

    async def work_off(inbox: Inbox) -> None:
        while await inbox.handle_next():
            pass

    await asyncio.gather(*(work_off(inbox) for inbox in inboxes))

    assert await effects(database) == list(range(30))


async def test_a_failing_effect_is_undone_tried_five_times_and_kept_as_a_dead_letter(
    database: Database,
) -> None:
    tries: list[int] = []
    is_fixed = False

    async def fail(event: Event, work: UnitOfWork) -> Progress:
        tries.append(event.data["number"])
        await apply(event, work)
        if not is_fixed:
            raise RuntimeError("not today")
        return Progress.DONE

    inbox = Inbox(
        database, service="test", queue="q", handlers={"thing.failed": fail},
        retry_delays_s=QUICKLY,
    )  # fmt: skip
    before = dead_count("thing.failed")
    event = an_event(9, "thing.failed")
    await inbox.receive(event.to_json())
    while await inbox.handle_next():
        pass

    assert tries == [9] * 5
    assert await effects(database) == []
    assert dead_count("thing.failed") == before + 1
    (letter,) = await list_dead_letters(database)
    assert (letter.event_id, letter.attempts) == (event.id, 5)
    assert letter.last_error == "RuntimeError: not today"
    await inbox.receive(event.to_json())  # a repeat does not revive it
    assert not await inbox.handle_next()

    is_fixed = True
    assert await replay_dead_letters(database, [event.id]) == 1
    assert await inbox.handle_next()
    assert await effects(database) == [9]
    assert await list_dead_letters(database) == []


async def test_a_failure_whose_text_cannot_be_stored_holds_up_nobody(database: Database) -> None:
    async def fail(_event: Event, _work: UnitOfWork) -> Progress:
        raise ValueError("what\0ever")

    handlers = {"thing.failed": fail, "thing.happened": apply}
    inbox = Inbox(database, service="test", queue="q", handlers=handlers, retry_delays_s=())
    await inbox.receive(an_event(1, "thing.failed").to_json())
    await inbox.receive(an_event(2).to_json())
    while await inbox.handle_next():
        pass
    assert await effects(database) == [2]
    (letter,) = await list_dead_letters(database)
    assert letter.last_error == "ValueError: what\ufffdever"


async def test_delays_between_tries_grow(database: Database) -> None:
    async def fail(_event: Event, _work: UnitOfWork) -> Progress:
        raise RuntimeError

    expected = (1000.0, 2000.0, 4000.0, 8000.0)
    inbox = Inbox(
        database, service="test", queue="q", handlers={"thing.failed": fail},
        retry_delays_s=expected,
    )  # fmt: skip
    await inbox.receive(an_event(1, "thing.failed").to_json())
    for delay_s in expected:
        assert await inbox.handle_next()
        assert not await inbox.handle_next()  # not due yet
        (row,) = await database.fetch(
            "SELECT extract(epoch FROM next_try_at - now())::float8 AS delay_s FROM inbox"
        )
        assert delay_s - 300 < row["delay_s"] <= delay_s
        await database.execute("UPDATE inbox SET next_try_at = now()")
    assert list(RETRY_DELAYS_S) == sorted(set(RETRY_DELAYS_S))


async def test_a_failing_event_does_not_hold_up_the_others(database: Database) -> None:
    async def fail_for_odd(event: Event, work: UnitOfWork) -> Progress:
        if event.data["number"] % 2:
            raise RuntimeError
        return await apply(event, work)

    inbox = Inbox(database, service="test", queue="q", handlers={"thing.happened": fail_for_odd})
    for number in range(6):
        await inbox.receive(an_event(number).to_json())
    while await inbox.handle_next():
        pass

    assert await effects(database) == [0, 2, 4]


async def test_an_effect_may_take_several_transactions(database: Database) -> None:
    async def in_parts(event: Event, work: UnitOfWork) -> Progress:
        await apply(event, work)
        done = await work.fetch("SELECT * FROM effects")
        return Progress.DONE if len(done) == 3 else Progress.MORE

    inbox = Inbox(database, service="test", queue="q", handlers={"thing.happened": in_parts})
    await inbox.receive(an_event(4).to_json())
    while await inbox.handle_next():
        pass

    assert await effects(database) == [4, 4, 4]


async def test_what_is_no_event_is_buried_at_once(database: Database) -> None:
    inbox = Inbox(database, service="test", queue="q", handlers={"thing.happened": apply})
    before = dead_count("unreadable")

    for _ in range(2):
        await inbox.receive(b'{"type": "thing.happened"')

    assert dead_count("unreadable") == before + 1
    (letter,) = await list_dead_letters(database)
    assert letter.type == "unreadable"
    assert await replay_dead_letters(database) == 0


async def test_old_rows_are_trimmed_and_others_stay(database: Database) -> None:
    inbox = Inbox(database, service="test", queue="q", handlers={"thing.happened": apply})
    await store(database, [an_event(1), an_event(2)])
    await inbox.receive(an_event(1).to_json())
    await inbox.receive(an_event(2).to_json())
    assert await inbox.handle_next()
    await database.execute(
        "UPDATE outbox SET published_at = now() - interval '2 days' WHERE id = 1"
    )
    await database.execute("UPDATE inbox SET handled_at = handled_at - interval '2 days'")

    assert await trim_outbox(database, keep=timedelta(days=1)) == 1
    assert await trim_inbox(database, keep=timedelta(days=1)) == 1
    assert await trim_outbox(database, keep=timedelta(days=1)) == 0
    assert await database.fetch_value("SELECT count(*) FROM inbox") == 1
