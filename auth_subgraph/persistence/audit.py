"""The audit trail: one row for each act, in the transaction of the act."""

from datetime import datetime

import msgspec

from auth_subgraph.domain.audit import AuditEvent, Origin
from subgraph_kit.database import UnitOfWork
from subgraph_kit.ids import uuid7

_INSERT = (
    "INSERT INTO audit_events (id, kind, occurred_at, actor_id, subject_id, ip_address,"
    " user_agent, request_id, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)


async def record(work: UnitOfWork, event: AuditEvent, origin: Origin, now: datetime) -> None:
    await work.execute(
        _INSERT,
        uuid7(),
        event.kind.value,
        now,
        event.actor_id,
        event.subject_id,
        origin.address,
        origin.user_agent,
        origin.request_id,
        msgspec.json.encode(event.details).decode() if event.details else None,
    )
