"""What nobody needs any more, deleted in batches, one statement a batch."""

from subgraph_kit.database import Database

BATCH_SIZE = 1000

_JOBS = {
    "ended sessions": (
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at"
        " < now() - interval '30 days' OR ended_at < now() - interval '30 days'"
        " LIMIT $1 FOR UPDATE SKIP LOCKED)"
    ),
    # An expired token can no longer betray a theft: it is refused as expired either way.
    "expired refresh tokens": (
        "DELETE FROM refresh_tokens WHERE token_hash IN (SELECT token_hash FROM refresh_tokens"
        " WHERE expires_at < now() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED)"
    ),
    "past revocations": (
        "DELETE FROM revocations WHERE subject IN (SELECT subject FROM revocations"
        " WHERE until < now() LIMIT $1 FOR UPDATE SKIP LOCKED)"
    ),
    "past attempts": (
        "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts"
        " WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)"
    ),
    "forgotten addresses": (
        "DELETE FROM known_addresses WHERE (user_id, address) IN (SELECT user_id, address"
        " FROM known_addresses WHERE last_login_at < now() - interval '30 days'"
        " LIMIT $1 FOR UPDATE SKIP LOCKED)"
    ),
    "old audit events": (
        "DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events"
        " WHERE occurred_at < now() - interval '1 year' LIMIT $1 FOR UPDATE SKIP LOCKED)"
    ),
}

JOB_NAMES = tuple(_JOBS)


async def run(database: Database, job: str) -> int:
    """Delete one batch; returns how many rows went."""
    return await database.execute(_JOBS[job], BATCH_SIZE)
