"""Addresses from which somebody logged in to an account."""

from datetime import datetime
from uuid import UUID

from subgraph_kit.database import UnitOfWork

_REMEMBER = (
    "INSERT INTO known_addresses (user_id, address, last_login_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (user_id, address) DO UPDATE SET last_login_at = excluded.last_login_at"
)


async def remember(work: UnitOfWork, user_id: UUID, address: str, now: datetime) -> None:
    await work.execute(_REMEMBER, user_id, address, now)
