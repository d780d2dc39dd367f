"""RabbitMQ: the topic exchange `events`, one durable queue per consumer, publisher confirms.

The event's type is its routing key. A queue exists from the first start of its consumer; events
published before that have no queue to wait in.
"""

import asyncio
from contextlib import suppress

import aio_pika
import structlog
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
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
        exchange: Of the events; tests use their own.
    """

    def __init__(self, url: str, *, name: str, exchange: str = "events") -> None:
        self._url = url
        self._name = name
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
                await exchange.publish(message, routing_key=event_type, mandatory=False)
        except _FAILURES as error:
            await self.close()
            raise BrokerError("RabbitMQ did not take the event", error) from error

    async def consume(self, subscription: Subscription, receive: Receive) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                connection = await self._connected()
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=_PREFETCH)
                queue = await channel.declare_queue(subscription.queue, durable=True)
                exchange = await self._declare_exchange(channel)
                for event_type in subscription.types:
                    await queue.bind(exchange, routing_key=event_type)
            async with queue.iterator() as messages:
                async for message in messages:
                    await _pass_on(message, receive)
        except _FAILURES as error:
            await self.close()
            raise BrokerError("RabbitMQ cannot be read", error) from error
        await self.close()
        raise BrokerError("the connection to RabbitMQ was lost")

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
            channel = await connection.channel(publisher_confirms=True, on_return_raises=False)
            self._exchange = await self._declare_exchange(channel)
        return self._exchange

    async def _declare_exchange(self, channel: AbstractChannel) -> AbstractExchange:
        return await channel.declare_exchange(self._exchange_name, ExchangeType.TOPIC, durable=True)


async def _pass_on(message: AbstractIncomingMessage, receive: Receive) -> None:
    try:
        await receive(message.body)
    except Exception as error:  # noqa: BLE001 - border: whatever went wrong, it comes again
        log.warning("event could not be received", reason=repr(error))
        await asyncio.sleep(_RETRY_AFTER_S)  # RabbitMQ itself would deliver it again at once
        await message.nack(requeue=True)
    else:
        await message.ack()
