"""Tables of outbox and inbox, to be part of a subgraph's own tables and migrations."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB


def outbox_table(metadata: MetaData) -> Table:
    """Events of this subgraph, each in the transaction of what it tells."""
    return Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("type", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("time", Text, nullable=False),
        Column("data", JSONB, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("published_at", DateTime(timezone=True)),
        Index("ix_outbox_pending", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_published_at", "published_at"),
    )


def inbox_table(metadata: MetaData) -> Table:
    """Events of others, each once, and what became of it."""
    moment = DateTime(timezone=True)
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("type", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("received_at", moment, nullable=False, server_default=func.now()),
        Column("attempts", SmallInteger, nullable=False, server_default="0"),
        Column("next_try_at", moment, nullable=False, server_default=func.now()),
        Column("handled_at", moment),
        Column("dead_at", moment),
        Column("last_error", Text),
        Index(
            "ix_inbox_pending",
            "next_try_at",
            postgresql_where=text("handled_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_inbox_handled_at", "handled_at", postgresql_where=text("handled_at IS NOT NULL")),
        Index("ix_inbox_dead_at", "dead_at", postgresql_where=text("dead_at IS NOT NULL")),
    )
