"""The adapter that a URL names; its library is imported only where events run."""

from urllib.parse import urlsplit

from subgraph_kit.broker.port import Broker


class UnknownBrokerError(ValueError):
    def __init__(self, scheme: str) -> None:
        super().__init__(f"no broker for {scheme!r} addresses; use nats:// or amqp://")


def open_broker(url: str, *, name: str) -> Broker:
    """A broker that connects when first used.

    Args:
        url: `nats://…`, `tls://…` (NATS) or `amqp://…`, `amqps://…` (RabbitMQ).
        name: Of this client, shown by the broker.

    Raises:
        UnknownBrokerError: No broker speaks this scheme.
    """
    scheme = urlsplit(url).scheme
    if scheme in {"nats", "tls"}:
        from subgraph_kit.broker.nats import NatsBroker  # noqa: PLC0415

        return NatsBroker(url, name=name)
    if scheme in {"amqp", "amqps"}:
        from subgraph_kit.broker.rabbitmq import RabbitBroker  # noqa: PLC0415

        return RabbitBroker(url, name=name)
    raise UnknownBrokerError(scheme)
