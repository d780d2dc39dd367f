"""What the worker deletes, and what it leaves."""

import asyncio

import httpx

from auth_subgraph.worker import periodic_jobs, run_worker
from devstack.process import free_port
from subgraph_kit.ids import parse_id
from tests.auth_subgraph.graph import AuthGraph
from tests.support.waiting import eventually

AGEING = (
    "UPDATE sessions SET ended_at = now() - interval '31 days' WHERE ended_at IS NOT NULL",
    """INSERT INTO refresh_tokens
    SELECT sha256('old'), id, now(), now() - interval '2 days' FROM sessions LIMIT 1""",
    "UPDATE revocations SET until = now()",
    "UPDATE attempts SET expires_at = now()",
    "INSERT INTO attempts VALUES ('kept', '{}', 1, 2, now(), now() + interval '1 minute')",
    "INSERT INTO known_addresses SELECT id, 'old', now() - interval '31 days' FROM users",
    """UPDATE audit_events SET occurred_at = now() - interval '366 days'
    WHERE kind = 'REGISTERED'""",
    """UPDATE outbox SET published_at = now() - interval '25 hours'
    WHERE type = 'user.created'""",
)


async def test_what_nobody_needs_is_deleted_and_the_rest_stays(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    ended, expired = await auth.log_in("alice"), await auth.log_in("alice")
    await auth.data("mutation { logout { sessionEnded } }", token=ended.token)
    await auth.database.fetch(
        "UPDATE sessions SET expires_at = now() - interval '31 days' WHERE id = $1",
        parse_id("sess", expired.session_id),
    )
    for statement in AGEING:
        await auth.database.fetch(statement)

    for job in periodic_jobs(auth.database, interval_s=60):
        assert await job.run() >= 1, job.name
        assert await job.run() == 0, job.name

    assert await auth.me_reason(alice.token) is None
    assert await auth.refresh_code(alice.refresh_token) is None
    kept = await auth.database.fetch("SELECT address FROM known_addresses")
    assert [row["address"] for row in kept] == ["127.0.0.1"]
    assert await auth.database.fetch_value("SELECT count(*) FROM sessions") == 1
    keys = await auth.database.fetch("SELECT key FROM attempts WHERE key = 'kept'")
    assert len(keys) == 1
    assert "REGISTERED" not in await auth.audited()
    assert "LOGGED_OUT" in await auth.audited()
    assert await auth.events("session.revoked") != []


async def test_the_worker_tells_how_it_is(auth: AuthGraph) -> None:
    port = free_port()
    settings = auth.settings.model_copy(update={"worker_port": port})

    async def is_ready() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                response = await client.get(f"http://127.0.0.1:{port}/health/ready")
            except httpx.ConnectError:
                return False
            return response.status_code == 200

    async with asyncio.TaskGroup() as group:
        working = group.create_task(run_worker(settings))
        await eventually(is_ready, within_s=30)
        working.cancel()
