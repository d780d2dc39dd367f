"""The audit trail: one row for each act, in the transaction of the act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import text

from subgraph_kit.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime

    from auth_subgraph.domain.audit import AuditEvent, Origin
    from subgraph_kit.database import UnitOfWork

_INSERT = text(
    "INSERT INTO audit_events (id, kind, occurred_at, actor_id, subject_id, ip_address,"
    " user_agent, request_id, details) VALUES (:id, :kind, :occurred_at, :actor_id, :subject_id,"
    " :ip_address, :user_agent, :request_id, CAST(CAST(:details AS text) AS jsonb))"
)


async def record(work: UnitOfWork, event: AuditEvent, origin: Origin, now: datetime) -> None:
    await work.execute(
        _INSERT,
        {
            "id": uuid7(),
            "kind": event.kind.value,
            "occurred_at": now,
            "actor_id": event.actor_id,
            "subject_id": event.subject_id,
            "ip_address": origin.address,
            "user_agent": origin.user_agent,
            "request_id": origin.request_id,
            "details": msgspec.json.encode(event.details).decode() if event.details else None,
        },
    )
