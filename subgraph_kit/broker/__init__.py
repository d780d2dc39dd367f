"""Message brokers behind one port.

    broker = open_broker(url, name="tasks-outbox")      # nats:// or amqp://

The port is small, because what makes delivery reliable is in Postgres, on both sides: the outbox
keeps an event until the broker has confirmed it, the inbox stores it before the broker is told that
it arrived. So a broker needs neither delays nor dead letters, and a connection that fails is simply
dropped: the caller's loop opens another.
"""

from subgraph_kit.broker.port import (
    Broker,
    BrokerError,
    Receive,
    Subscription,
    subscriptions,
)
from subgraph_kit.broker.select import open_broker

__all__ = ["Broker", "BrokerError", "Receive", "Subscription", "open_broker", "subscriptions"]
