"""Sessions and users whose access tokens must be refused although they have not expired."""

from collections.abc import Mapping
from datetime import datetime

from subgraph_kit.database import Database, UnitOfWork

_ADD = (
    "INSERT INTO revocations AS kept (subject, until)"
    " SELECT * FROM unnest($1::text[], $2::timestamptz[]) ORDER BY 1"
    " ON CONFLICT (subject) DO UPDATE SET until = greatest(kept.until, excluded.until)"
)
_REMOVE = "DELETE FROM revocations WHERE subject = $1"
_CURRENT = (
    "SELECT subject, ceil(extract(epoch FROM until))::bigint FROM revocations"
    " WHERE until > now() ORDER BY subject"
)


async def add(work: UnitOfWork, untils: Mapping[str, datetime]) -> None:
    """Refuse the tokens of these sessions and users until then."""
    if untils:
        await work.execute(_ADD, list(untils), list(untils.values()))


async def remove(work: UnitOfWork, subject: str) -> None:
    await work.execute(_REMOVE, subject)


async def current(database: Database) -> list[tuple[str, int]]:
    """Subjects and seconds since the epoch, in order of the subject."""
    return [(row[0], row[1]) for row in await database.fetch(_CURRENT)]
