"""Composition root of `work`: publishes events and deletes what nobody needs any more."""

import asyncio
from datetime import timedelta
from functools import partial

from auth_subgraph.persistence import housekeeping
from auth_subgraph.settings import AuthSettings
from subgraph_kit.broker import open_broker, subscriptions
from subgraph_kit.database import Database
from subgraph_kit.outbox import OutboxRelay, trim_outbox
from subgraph_kit.worker import PeriodicJob, lead, run_jobs
from subgraph_kit.worker_health import serve_worker_health

_LOCK_KEY = 0x61757468  # "auth"
_KEEP_PUBLISHED = timedelta(days=1)
_CONNECTIONS = 3


async def run_worker(settings: AuthSettings) -> None:
    """Work until cancelled; of several workers one works and the others stand by."""
    database = Database(
        settings.database_url.get_secret_value(),
        application_name="auth-worker",
        pool_size=_CONNECTIONS,
    )
    broker = open_broker(
        settings.events_url.get_secret_value(),
        name="auth-worker",
        queues=subscriptions(settings.events_queues),
    )
    relay = OutboxRelay(database, broker, service="auth")
    jobs = periodic_jobs(database, settings.worker_interval.total_seconds())

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(run_jobs(jobs))

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(lead(database, _LOCK_KEY, work))
            if settings.worker_port is not None:
                health = serve_worker_health(settings.host, settings.worker_port, database)
                group.create_task(health)
    finally:
        await broker.close()
        await database.close()


def periodic_jobs(database: Database, interval_s: float) -> list[PeriodicJob]:
    """The clean-up, every `interval_s`."""
    jobs = [
        PeriodicJob(name, interval_s, partial(housekeeping.run, database, name))
        for name in housekeeping.JOB_NAMES
    ]
    published = PeriodicJob(
        "published events", interval_s, partial(trim_outbox, database, keep=_KEEP_PUBLISHED)
    )
    return [*jobs, published]
