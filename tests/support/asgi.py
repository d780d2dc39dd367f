"""Run an ASGI application inside the test: its lifespan, and a client that calls it directly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

Message = MutableMapping[str, Any]
Application = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Message]],
        Callable[[Message], Awaitable[None]],
    ],
    Awaitable[None],
]


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """Start the application, give a client for it, stop it afterwards."""
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(_lifespan(app, incoming, outgoing))
        await incoming.put({"type": "lifespan.startup"})
        started = await outgoing.get()
        assert started["type"] == "lifespan.startup.complete", started
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://subgraph") as client:
            yield client
        await incoming.put({"type": "lifespan.shutdown"})
        stopped = await outgoing.get()
        assert stopped["type"] == "lifespan.shutdown.complete", stopped


async def _lifespan(
    app: Application, incoming: asyncio.Queue[Message], outgoing: asyncio.Queue[Message]
) -> None:
    await app({"type": "lifespan", "asgi": {"version": "3.0"}}, incoming.get, outgoing.put)
