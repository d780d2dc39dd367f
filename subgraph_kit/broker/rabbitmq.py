"""RabbitMQ: the topic exchange `events`, one durable queue per consumer, publisher confirms.

The event's type is its routing key. RabbitMQ keeps nothing that no queue wants, so a publisher
declares the queues of those who count on its events before it publishes the first, and a broker
that has no queue for such an event has not taken it. Other consumers make their queue themselves
and get what is published from then on.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import aio_pika
import structlog
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
    DeliveryMode,
    ExchangeType,
)
from aiormq.exceptions import AMQPError

from subgraph_kit.broker.port import BrokerError, Receive, Subscription

log = structlog.get_logger()

_TIMEOUT_S = 5.0
_HEARTBEAT_S = 10
_PREFETCH = 50
_RETRY_AFTER_S = 1.0
_FAILURES = (AMQPError, OSError, asyncio.TimeoutError, RuntimeError)
"""aio-pika raises RuntimeError for a channel that was closed underneath it."""


class RabbitBroker:
    """Implements `Broker`.

    Args:
        url: `amqp://user:password@host:port/vhost`.
        name: Of this client.
        queues: Those that count on what this client publishes.
        exchange: Of the events; tests use their own.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        queues: Sequence[Subscription] = (),
        exchange: str = "events",
    ) -> None:
        self._url = url
        self._name = name
        self._queues = queues
        self._wanted_types = frozenset(type_ for queue in queues for type_ in queue.types)
        self._exchange_name = exchange
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, event_type: str, event_id: str, body: bytes) -> None:
        message = aio_pika.Message(
            body,
            message_id=event_id,
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                exchange = await self._publishing_exchange()
                await exchange.publish(
                    message, routing_key=event_type, mandatory=event_type in self._wanted_types
                )
        except _FAILURES as error:
            await self.close()
            raise BrokerError("RabbitMQ did not take the event", error) from error

    async def consume(self, subscription: Subscription, receive: Receive) -> None:
        arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()

        def end(*_: object) -> None:
            # After what arrived before, which comes by way of the loop as well.
            asyncio.get_running_loop().call_soon(arrived.put_nowait, None)

        try:
            async with asyncio.timeout(_TIMEOUT_S):
                connection = await self._connected()
                channel = await connection.channel()
                channel.close_callbacks.add(end)
                underlay = await channel.get_underlay_channel()
                underlay.on_consumer_cancel_callbacks.add(end)  # the queue was deleted or has moved
                await channel.set_qos(prefetch_count=_PREFETCH)
                exchange = await self._declare_exchange(channel)
                queue = await _declare_queue(channel, exchange, subscription)
                await queue.consume(arrived.put)
            while (message := await arrived.get()) is not None:
                await _pass_on(message, receive)
        except _FAILURES as error:
            await self.close()
            raise BrokerError("RabbitMQ cannot be read", error) from error
        await self.close()
        raise BrokerError("RabbitMQ sends no more of the queue")

    async def close(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            with suppress(*_FAILURES):
                async with asyncio.timeout(_TIMEOUT_S):
                    await connection.close()

    async def _connected(self) -> AbstractConnection:
        async with self._connecting:
            if self._connection is not None and self._connection.is_closed:
                await self.close()
            if self._connection is None:
                self._connection = await aio_pika.connect(
                    self._url,
                    client_properties={"connection_name": self._name},
                    heartbeat=_HEARTBEAT_S,
                    timeout=_TIMEOUT_S,
                )
            return self._connection

    async def _publishing_exchange(self) -> AbstractExchange:
        connection = await self._connected()
        if self._exchange is None:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            exchange = await self._declare_exchange(channel)
            for queue in self._queues:
                await _declare_queue(channel, exchange, queue)
            self._exchange = exchange
        return self._exchange

    async def _declare_exchange(self, channel: AbstractChannel) -> AbstractExchange:
        return await channel.declare_exchange(self._exchange_name, ExchangeType.TOPIC, durable=True)


async def _declare_queue(
    channel: AbstractChannel, exchange: AbstractExchange, subscription: Subscription
) -> AbstractQueue:
    queue = await channel.declare_queue(subscription.queue, durable=True)
    for event_type in subscription.types:
        await queue.bind(exchange, routing_key=event_type)
    return queue


async def _pass_on(message: AbstractIncomingMessage, receive: Receive) -> None:
    try:
        await receive(message.body)
    except Exception as error:  # noqa: BLE001 - border: whatever went wrong, it comes again
        log.warning("event could not be received", reason=repr(error))
        await asyncio.sleep(_RETRY_AFTER_S)  # RabbitMQ itself would deliver it again at once
        await message.nack(requeue=True)
    else:
        await message.ack()
