"""The tables of auth_db. Times are timestamptz, ids are UUIDv7 made by the application."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from subgraph_kit.event_tables import outbox_table

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Time = DateTime(timezone=True)
Name = Text(collation="C")
"""Compared and sorted byte by byte: collations differ between builds of Postgres."""

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", Name, nullable=False, unique=True, comment="Lower-case."),
    Column("email", Name, nullable=False, unique=True, comment="Lower-case."),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("last_login_at", Time),
    Column(
        "character_pairs",
        ARRAY(Text),
        Computed("character_pairs(username || ' ' || email)", persisted=True),
        nullable=False,
    ),
    CheckConstraint("role IN ('USER', 'MANAGER', 'ADMIN')", name="role"),
    CheckConstraint("status IN ('ACTIVE', 'SUSPENDED')", name="status"),
    Index("ix_users_created_at_id", "created_at", "id"),
    Index("ix_users_last_login_at_id", "last_login_at", "id"),
    Index("ix_users_last_login_at_desc", text("last_login_at DESC NULLS LAST"), text("id DESC")),
    Index(
        "ix_users_character_pairs",
        "character_pairs",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    ),
    Index("ix_users_administrators", "id", postgresql_where=text("role = 'ADMIN'")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("last_used_at", Time, nullable=False, comment="When tokens were last issued."),
    Column("expires_at", Time, nullable=False),
    Column("ended_at", Time),
    Column("end_reason", Text),
    Column("ip_address", Text),
    Column("user_agent", Text),
    CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_active", "user_id", "created_at", postgresql_where=text("ended_at IS NULL")),
    Index("ix_sessions_expires_at", "expires_at"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256 of the token."),
    Column("session_id", Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("issued_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time, comment="First exchange; repeats within the grace leave it."),
    Index("ix_refresh_tokens_session_id", "session_id"),
    Index("ix_refresh_tokens_expires_at", "expires_at"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("subject", Text, primary_key=True, comment="sess_... or user_..."),
    Column("until", Time, nullable=False, comment="When the last access token has expired."),
    Index("ix_revocations_until", "until"),
)

known_addresses = Table(
    "known_addresses",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("last_login_at", Time, nullable=False),
    Index("ix_known_addresses_last_login_at", "last_login_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True, comment="What is limited, for whom."),
    Column("times", ARRAY(Time), nullable=False, comment="Full portions in the period, ascending."),
    Column("pending", Integer, nullable=False, comment="Attempts that fill no portion yet."),
    Column("portion", Integer, nullable=False, comment="Attempts behind each of the times."),
    Column("counted_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Index("ix_attempts_expires_at", "expires_at"),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("occurred_at", Time, nullable=False),
    Column("actor_id", Uuid, comment="Stays when the user is deleted."),
    Column("subject_id", Uuid, comment="Stays when the user is deleted."),
    Column("ip_address", Text),
    Column("user_agent", Text),
    Column("request_id", Text),
    Column("details", JSONB),
    Index("ix_audit_events_subject_id_id", "subject_id", "id"),
    Index("ix_audit_events_occurred_at", "occurred_at"),
)

outbox = outbox_table(metadata)
