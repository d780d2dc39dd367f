"""What outbox and inbox need of a message broker."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

Receive = Callable[[bytes], Awaitable[None]]
"""Stores a message's body; the broker is told that it arrived when this returns."""


class BrokerError(Exception):
    """The broker cannot be reached, or did not confirm; trying again may help."""

    def __init__(self, problem: str, cause: Exception | None = None) -> None:
        super().__init__(problem if cause is None else f"{problem}: {cause!r}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A durable queue of one consumer.

    Args:
        queue: Its name, such as `tasks.auth-events`; consumers of one queue share its messages.
        types: Event types it gets, such as `user.deleted`.
    """

    queue: str
    types: tuple[str, ...]


def subscriptions(bindings: Iterable[str]) -> list[Subscription]:
    """Read `queue=type` texts; several of one queue are one subscription.

    Raises:
        ValueError: One of them has no queue or no type.
    """
    types: dict[str, list[str]] = {}
    for binding in bindings:
        queue, _, event_type = binding.partition("=")
        if not queue or not event_type:
            message = f"{binding!r} is no queue=type, for example tasks.auth-events=user.deleted"
            raise ValueError(message)
        types.setdefault(queue, []).append(event_type)
    return [Subscription(queue, tuple(its)) for queue, its in types.items()]


class Broker(Protocol):
    async def publish(self, event_type: str, event_id: str, body: bytes) -> None:
        """Hand over one message; returns when the broker has stored it for all who count on it.

        Raises:
            BrokerError: It may or may not have been stored.
        """
        ...

    async def consume(self, subscription: Subscription, receive: Receive) -> None:
        """Pass messages to `receive` one by one until cancelled; a raising one comes again.

        The queue is made when it is not there, and keeps what arrives while nobody consumes.

        Raises:
            BrokerError: The connection failed; call again to go on.
        """
        ...

    async def close(self) -> None:
        """Drop the connection; a later call opens another."""
        ...
