"""The time that decides everything here: the database's.

Several processes on several machines judge the same refresh token; if each used its own clock, a
skew of a few seconds would turn a second tab into a theft.
"""

from datetime import datetime

from subgraph_kit.database import UnitOfWork

_NOW = "SELECT date_trunc('milliseconds', clock_timestamp())"


async def database_time(work: UnitOfWork) -> datetime:
    """Now, in whole milliseconds, which is what clients are shown."""
    now: datetime = await work.fetchval(_NOW)
    return now
