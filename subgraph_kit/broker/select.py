"""The adapter that a URL names; its library is imported only where events run."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from subgraph_kit.broker.port import Broker, Subscription


class UnknownBrokerError(ValueError):
    def __init__(self, scheme: str) -> None:
        super().__init__(f"no broker for {scheme!r} addresses; use nats:// or amqp://")


def open_broker(url: str, *, name: str, queues: Sequence[Subscription] = ()) -> Broker:
    """A broker that connects when first used.

    Args:
        url: `nats://…`, `tls://…` (NATS) or `amqp://…`, `amqps://…` (RabbitMQ).
        name: Of this client, shown by the broker.
        queues: Those that count on what this client publishes: they get it though their consumer
            starts later for the first time. NATS keeps events for them anyway.

    Raises:
        UnknownBrokerError: No broker speaks this scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme in {"nats", "tls"}:
        from subgraph_kit.broker.nats import NatsBroker  # noqa: PLC0415

        return NatsBroker(url, name=name)
    if scheme in {"amqp", "amqps"}:
        from subgraph_kit.broker.rabbitmq import RabbitBroker  # noqa: PLC0415

        return RabbitBroker(url, name=name, queues=queues)
    raise UnknownBrokerError(scheme)
