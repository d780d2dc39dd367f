"""Composition root of `work`: who publishes, consumes and does what time asks for.

Every worker consumes events; one of them, the leader, also publishes the outbox and runs the jobs.
"""

import asyncio
from datetime import timedelta

from subgraph_kit.broker import open_broker
from subgraph_kit.clock import utc_now
from subgraph_kit.database import Database
from subgraph_kit.inbox import Inbox, trim_inbox
from subgraph_kit.outbox import OutboxRelay, trim_outbox
from subgraph_kit.worker import PeriodicJob, lead, run_jobs
from subgraph_kit.worker_health import serve_worker_health
from tasks_subgraph.events.consumed import QUEUE, USER_DELETED
from tasks_subgraph.services.deleted_users import DeletedUsers
from tasks_subgraph.services.upkeep import Upkeep
from tasks_subgraph.settings import TasksSettings

SERVICE = "tasks"
LEADER_LOCK_KEY = 0x7461736B73  # "tasks"

_OUTBOX_KEPT = timedelta(hours=24)
"""How far live updates can catch up."""
_INBOX_KEPT = timedelta(days=7)


async def run_worker(settings: TasksSettings) -> None:
    """Work until cancelled."""
    database = Database(
        settings.database_url.get_secret_value(),
        application_name="tasks-worker",
        pool_size=settings.db_pool_size,
    )
    inbox = Inbox(
        database,
        service=SERVICE,
        queue=QUEUE,
        handlers={USER_DELETED: DeletedUsers(now=utc_now).handle},
    )
    events_url = settings.events_url.get_secret_value()
    outgoing = open_broker(events_url, name="tasks-outbox")
    incoming = open_broker(events_url, name="tasks-inbox")
    relay = OutboxRelay(database, outgoing, service=SERVICE)
    jobs = _jobs(settings, database)

    async def work_of_the_leader() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(run_jobs(jobs))

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(inbox.run(incoming))
            group.create_task(lead(database, LEADER_LOCK_KEY, work_of_the_leader))
            if settings.worker_port is not None:
                group.create_task(
                    serve_worker_health(settings.host, settings.worker_port, database)
                )
    finally:
        await incoming.close()
        await outgoing.close()
        await database.close()


def _jobs(settings: TasksSettings, database: Database) -> list[PeriodicJob]:
    upkeep = Upkeep(
        database,
        now=utc_now,
        trash_retention=timedelta(days=settings.trash_retention_days),
        idempotency_ttl=settings.idempotency_ttl,
    )

    async def trim_events() -> int:
        return await trim_outbox(database, keep=_OUTBOX_KEPT) + await trim_inbox(
            database, keep=_INBOX_KEPT
        )

    interval_s = settings.worker_interval.total_seconds()
    return [
        PeriodicJob("mark overdue tasks", interval_s, upkeep.mark_overdue),
        PeriodicJob("empty the trash", interval_s, upkeep.empty_trash),
        PeriodicJob("forget idempotency keys", interval_s, upkeep.forget_keys),
        PeriodicJob("forget deleted users", interval_s, upkeep.forget_owners),
        PeriodicJob("trim outbox and inbox", interval_s, trim_events),
    ]
