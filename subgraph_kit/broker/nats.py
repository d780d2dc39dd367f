"""NATS JetStream: one stream for all events, one durable pull consumer per queue.

An event of type `user.deleted` has the subject `events.user.deleted`. The stream keeps events for
a week, so a consumer that is made later still finds what happened before it.
"""

import asyncio
from contextlib import suppress

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, StreamConfig
from nats.js.errors import NotFoundError

from subgraph_kit.broker.port import BrokerError, Receive, Subscription

log = structlog.get_logger()

_KEEP_S = 7 * 24 * 3600.0
_DUPLICATE_WINDOW_S = 120.0
_ACK_WAIT_S = 5.0
_TIMEOUT_S = 5.0
_PING_S = 5
_FETCH_SIZE = 50
_FETCH_WAIT_S = 5.0
_RETRY_AFTER_S = 1.0
_FAILURES = (NatsError, OSError, asyncio.TimeoutError, ValueError)
"""nats-py raises ValueError and OSError for connections that break in certain moments."""


class NatsBroker:
    """Implements `Broker`.

    Args:
        url: `nats://[user:password@]host:port`.
        name: Of this client.
        stream: Of the events; tests use their own.
    """

    def __init__(self, url: str, *, name: str, stream: str = "events") -> None:
        self._url = url
        self._name = name
        self._stream = stream
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, event_type: str, event_id: str, body: bytes) -> None:
        try:
            jetstream = (await self._connected()).jetstream(timeout=_TIMEOUT_S)
            await jetstream.publish(
                f"{self._stream}.{event_type}", body, headers={"Nats-Msg-Id": event_id}
            )
        except _FAILURES as error:
            await self.close()
            raise BrokerError("NATS did not take the event", error) from error

    async def consume(self, subscription: Subscription, receive: Receive) -> None:
        try:
            jetstream = (await self._connected()).jetstream(timeout=_TIMEOUT_S)
            pull = await self._pull_subscription(jetstream, subscription)
            while True:
                with suppress(TimeoutError):  # nothing new
                    for message in await pull.fetch(_FETCH_SIZE, timeout=_FETCH_WAIT_S):
                        await _pass_on(message, receive)
                if self._client is None or not self._client.is_connected:
                    raise BrokerError("the connection to NATS was lost")
        except _FAILURES as error:
            await self.close()
            raise BrokerError("NATS cannot be read", error) from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_FAILURES):
                await client.close()

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is not None and not self._client.is_connected:
                await self.close()
            if self._client is None:
                async with asyncio.timeout(_TIMEOUT_S):
                    client = await nats.connect(
                        self._url,
                        name=self._name,
                        allow_reconnect=False,
                        max_reconnect_attempts=1,  # counts for the first connection too
                        reconnect_time_wait=0,
                        ping_interval=_PING_S,
                        error_cb=_log_error,
                    )
                self._client = client
                await self._ensure_stream(client.jetstream(timeout=_TIMEOUT_S))
            return self._client

    async def _ensure_stream(self, jetstream: JetStreamContext) -> None:
        try:
            await jetstream.stream_info(self._stream)
        except NotFoundError:
            await jetstream.add_stream(
                StreamConfig(
                    name=self._stream,
                    subjects=[f"{self._stream}.>"],
                    max_age=_KEEP_S,
                    duplicate_window=_DUPLICATE_WINDOW_S,
                )
            )

    async def _pull_subscription(
        self, jetstream: JetStreamContext, subscription: Subscription
    ) -> JetStreamContext.PullSubscription:
        durable = subscription.queue.replace(".", "-")  # NATS allows no dots in names
        await jetstream.add_consumer(
            self._stream,
            ConsumerConfig(
                durable_name=durable,
                filter_subjects=[f"{self._stream}.{type_}" for type_ in subscription.types],
                ack_wait=_ACK_WAIT_S,
            ),
        )
        return await jetstream.pull_subscribe_bind(durable, self._stream)


async def _pass_on(message: Msg, receive: Receive) -> None:
    try:
        await receive(message.data)
    except Exception as error:  # noqa: BLE001 - border: whatever went wrong, it comes again
        log.warning("event could not be received", reason=repr(error))
        await message.nak(delay=_RETRY_AFTER_S)
    else:
        await message.ack()


async def _log_error(error: Exception) -> None:
    log.debug("NATS reports", reason=repr(error))
