"""Tables of tasks_db. `migrations/` makes them; a test compares the two.

`search_vector` and `title_sort_key` are written with every title and description. `is_trashed`
leads the indexes of lists, so that one set of them serves live tasks and trash.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from subgraph_kit.event_tables import inbox_table, outbox_table

metadata = MetaData()

_MOMENT = DateTime(timezone=True)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("title_sort_key", Text(collation="C"), nullable=False),
    Column("description", Text),
    Column("status", SmallInteger, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("due_at", _MOMENT),
    Column("completed_at", _MOMENT),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    Column("deleted_at", _MOMENT),
    Column("is_trashed", Boolean, Computed("deleted_at IS NOT NULL"), nullable=False),
    Column("overdue_marked_at", _MOMENT),
    Column("version", Integer, nullable=False),
    Column("search_vector", TSVECTOR, nullable=False),
    CheckConstraint("status BETWEEN 0 AND 3", name="status_known"),
    CheckConstraint("priority BETWEEN 0 AND 4", name="priority_known"),
    CheckConstraint("(status = 2) = (completed_at IS NOT NULL)", name="completed_when_done"),
    CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title_length"),
    CheckConstraint("char_length(description) BETWEEN 1 AND 10000", name="description_length"),
    CheckConstraint("version >= 1", name="version_positive"),
)

_LISTED_BY = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "due_at_asc": "coalesce(due_at, 'infinity'::timestamptz)",
    "due_at_desc": "coalesce(due_at, '-infinity'::timestamptz)",
    "priority": "priority",
    "title": "title_sort_key",
    "status": "status",
}
for _name, _sorted_by in _LISTED_BY.items():
    Index(
        f"ix_tasks_{_name}",
        tasks.c.owner_id,
        tasks.c.is_trashed,
        text(_sorted_by),
        tasks.c.id,
    )
Index(
    "ix_tasks_completed_at",
    tasks.c.owner_id,
    tasks.c.is_trashed,
    tasks.c.completed_at,
    postgresql_where=text("completed_at IS NOT NULL"),
)
Index("ix_tasks_search", tasks.c.search_vector, postgresql_using="gin")
Index(
    "ix_tasks_becoming_overdue",
    tasks.c.due_at,
    postgresql_where=text("status IN (0, 1) AND overdue_marked_at IS NULL AND deleted_at IS NULL"),
)
Index(
    "ix_tasks_in_trash",
    tasks.c.deleted_at,
    postgresql_where=text("deleted_at IS NOT NULL"),
)

task_owners = Table(
    "task_owners",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("task_count", Integer, nullable=False, server_default="0"),
    Column("deleted_at", _MOMENT),
    CheckConstraint("task_count >= 0", name="task_count_not_negative"),
)
"""One row per user who ever had a task. Creating a task locks it, which makes the quota exact and
closes the gap in which a task could be created behind the back of its user's deletion."""

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("input_hash", LargeBinary, nullable=False),
    Column("task_id", Uuid, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
