"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import asyncio
from collections.abc import Awaitable, Callable

REVOCATION_S = 2.0
"""An ended session is known everywhere within this time of the answer that says so."""

_POLL_S = 0.05


async def eventually(condition: Callable[[], Awaitable[bool]], *, within_s: float) -> None:
    """Return as soon as the condition holds; fail when it does not within the time."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_POLL_S)
