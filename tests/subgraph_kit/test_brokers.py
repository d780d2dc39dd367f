"""Both brokers, for real: what is published arrives, and kill -9 under load loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import aio_pika
import pytest

from devstack.nats import EmbeddedNats
from devstack.process import free_port
from subgraph_kit.broker import Broker, BrokerError, Subscription, open_broker
from subgraph_kit.broker.select import UnknownBrokerError
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.events import Event
from subgraph_kit.inbox import Inbox, Progress
from subgraph_kit.outbox import OutboxRelay, add_events
from tests.support.rabbitmq import RabbitNode, find_rabbitmq
from tests.support.waiting import eventually


class Server(Protocol):
    @property
    def url(self) -> str: ...

    def start(self) -> object: ...

    def kill(self) -> None: ...


class _Nats(EmbeddedNats):
    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def nats(server_folder: Path) -> Iterator[Server]:
    """One of this module's own, which tests may kill and start again."""
    started = _Nats(server_folder / "killed-nats", port=free_port())
    started.start()
    yield started
    started.kill()


@pytest.fixture(scope="module")
def rabbitmq(server_folder: Path) -> Iterator[Server]:
    """One which tests may kill and start again."""
    program = find_rabbitmq()
    if program is None:
        pytest.skip("RabbitMQ is not installed (apt install rabbitmq-server)")
    started = RabbitNode(program, server_folder / "rabbitmq")
    started.start()
    yield started
    started.kill()


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("nats", "rabbitmq")
    ]
)
def server(request: pytest.FixtureRequest) -> Server:
    """Either broker; all tests of one are of one group, so that one process starts it."""
    started: Server = request.getfixturevalue(request.param)
    return started


@pytest.fixture
def subscription() -> Subscription:
    name = uuid4().hex
    return Subscription(f"{name}.events", (f"{name}.happened", f"{name}.ended"))


@pytest.fixture
async def broker(server: Server, subscription: Subscription) -> AsyncIterator[Broker]:
    """The publisher's: it knows who counts on its events."""
    broker = open_broker(server.url, name="test", queues=[subscription])
    yield broker
    await broker.close()


@asynccontextmanager
async def consuming(
    broker: Broker, subscription: Subscription, received: list[bytes], failures: int = 0
) -> AsyncIterator[None]:
    """Consume in the background; the first `failures` messages are refused."""
    remaining = failures

    async def receive(body: bytes) -> None:
        nonlocal remaining
        if remaining:
            remaining -= 1
            raise RuntimeError("not now")
        received.append(body)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(broker.consume(subscription, receive))
        yield
        task.cancel()


async def test_what_is_published_before_the_consumer_ever_ran_arrives_in_order(
    server: Server, broker: Broker, subscription: Subscription
) -> None:
    happened, ended = subscription.types
    other = happened.replace("happened", "other")
    bodies = [f"{number}".encode() for number in range(20)]
    for number, body in enumerate(bodies):
        await broker.publish(other, uuid4().hex, b"not for us")
        await broker.publish(ended if number % 2 else happened, uuid4().hex, body)

    received: list[bytes] = []
    consumer = open_broker(server.url, name="consumer")

    async def has_all() -> bool:
        return bodies[-1] in received

    async with consuming(consumer, subscription, received):
        await eventually(has_all, within_s=10)
    await consumer.close()
    assert received == bodies


async def delete_queue(server: Server, subscription: Subscription) -> None:
    async with await aio_pika.connect(server.url) as connection:
        channel = await connection.channel()
        await channel.queue_delete(subscription.queue)


@pytest.mark.xdist_group("rabbitmq")  # NATS keeps events by themselves
async def test_an_event_that_has_lost_its_queue_is_not_taken_for_published(
    rabbitmq: Server, subscription: Subscription
) -> None:
    event_type = subscription.types[0]
    broker = open_broker(rabbitmq.url, name="test", queues=[subscription])
    await broker.publish(event_type, uuid4().hex, b"deleted with its queue")
    await delete_queue(rabbitmq, subscription)

    with pytest.raises(BrokerError):
        await broker.publish(event_type, uuid4().hex, b"nobody's")
    await broker.publish(event_type, uuid4().hex, b"kept")  # the queue was made again

    received: list[bytes] = []
    consumer = open_broker(rabbitmq.url, name="consumer")

    async def has_it() -> bool:
        return bool(received)

    async with consuming(consumer, subscription, received):
        await eventually(has_it, within_s=10)
    await consumer.close()
    await broker.close()
    assert received == [b"kept"]


@pytest.mark.xdist_group("rabbitmq")
async def test_a_consumer_notices_that_its_queue_is_gone(
    rabbitmq: Server, subscription: Subscription
) -> None:
    consumer = open_broker(rabbitmq.url, name="consumer", queues=[subscription])
    await consumer.publish(subscription.types[0], uuid4().hex, b"kept")
    received: list[bytes] = []

    async def receive(body: bytes) -> None:
        received.append(body)
        await delete_queue(rabbitmq, subscription)

    async with asyncio.timeout(10):
        with pytest.raises(BrokerError):
            await consumer.consume(subscription, receive)
    assert received == [b"kept"]


async def test_a_refused_message_comes_again(
    server: Server, broker: Broker, subscription: Subscription
) -> None:
    received: list[bytes] = []
    consumer = open_broker(server.url, name="consumer")

    async def has_it() -> bool:
        return b"wanted" in received

    async with consuming(consumer, subscription, received, failures=2):
        await broker.publish(subscription.types[0], uuid4().hex, b"wanted")
        await eventually(has_it, within_s=10)
    await consumer.close()


@pytest.mark.parametrize("scheme", ["nats", "amqp"])
async def test_a_broker_that_is_not_there_is_an_error(
    scheme: str, subscription: Subscription
) -> None:
    broker = open_broker(f"{scheme}://127.0.0.1:{free_port()}", name="test")
    with pytest.raises(BrokerError):
        await broker.publish(subscription.types[0], uuid4().hex, b"lost")
    with pytest.raises(BrokerError):
        await broker.consume(subscription, _ignore)
    await broker.close()


async def _ignore(_body: bytes) -> None:
    pass


async def _apply(event: Event, work: UnitOfWork) -> Progress:
    await work.execute("INSERT INTO effects VALUES ($1, $2)", event.id, event.data["number"])
    return Progress.DONE


@pytest.mark.parametrize(
    "away_s", [0, pytest.param(60, marks=pytest.mark.nightly)], ids=["", "for a minute"]
)
async def test_every_event_takes_effect_once_though_the_broker_is_killed_under_load(
    server: Server, database: Database, subscription: Subscription, away_s: float
) -> None:
    total, event_type = 200, subscription.types[0]
    outgoing = open_broker(server.url, name="outbox", queues=[subscription])
    incoming = open_broker(server.url, name="inbox")
    relay = OutboxRelay(database, outgoing, service="test")
    inbox = Inbox(
        database, service="test", queue=subscription.queue,
        handlers=dict.fromkeys(subscription.types, _apply),
    )  # fmt: skip

    async def count() -> int:
        counted = await database.fetch_value("SELECT count(*) FROM effects")
        assert isinstance(counted, int)
        return counted

    async def write_events() -> None:
        for number in range(total):
            async with database.unit_of_work() as work:
                event = Event(type=event_type, source="test", subject="t", data={"number": number})
                await add_events(work, [event])

    async def is_halfway() -> bool:
        return await count() >= total / 2

    async def kill_halfway() -> None:
        await eventually(is_halfway, within_s=60)
        server.kill()
        await asyncio.sleep(away_s)
        await asyncio.to_thread(server.start)

    async def is_all_there() -> bool:
        return await count() >= total

    async with asyncio.TaskGroup() as group:
        background = [
            group.create_task(relay.run()),
            group.create_task(inbox.run(incoming)),
        ]
        async with asyncio.TaskGroup() as load:
            load.create_task(write_events())
            load.create_task(kill_halfway())
        await eventually(is_all_there, within_s=60)
        for task in background:
            task.cancel()
    await outgoing.close()
    await incoming.close()

    rows = await database.fetch("SELECT number FROM effects")
    assert sorted(row["number"] for row in rows) == list(range(total))


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(UnknownBrokerError):
        open_broker("kafka://localhost", name="test")
