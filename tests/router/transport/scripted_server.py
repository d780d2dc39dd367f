"""A TCP server that does what a test says, byte by byte."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from router.execution import SubgraphRequest

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path


class Peer:
    """One connection as the server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The next request, head and body; raises IncompleteReadError when the client is gone."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        [length] = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        return head + await self._reader.readexactly(length)

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, body: bytes = b'{"data":{}}', *headers: str) -> None:
        lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", *headers]
        lines.append(f"Content-Length: {len(body)}")
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def is_gone(self) -> bool:
        """Wait until the client has closed the connection."""
        try:
            return await self._reader.read() == b""
        except ConnectionError:
            return True

    def reset(self) -> None:
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()


class Server:
    """Where it listens, and how many connections it has seen."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0


@asynccontextmanager
async def serving(
    script: Callable[[Peer, int], Awaitable[None]],
    *,
    tls: ssl.SSLContext | None = None,
    socket_path: Path | None = None,
) -> AsyncIterator[Server]:
    """Serve `script(peer, number of the connection)` on a free port."""
    server = Server()
    peers: list[Peer] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        peer = Peer(reader, writer)
        peers.append(peer)
        try:
            await script(peer, server.connections)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            peer.close()

    if socket_path is not None:
        listener = await asyncio.start_unix_server(handle, socket_path)
        server.url = f"http+unix://{str(socket_path).replace('/', '%2F')}/graphql"
    else:
        listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        port = listener.sockets[0].getsockname()[1]
        server.url = f"{'https' if tls else 'http'}://localhost:{port}/graphql"
    try:
        yield server
    finally:
        listener.close()
        for peer in peers:
            peer.reset()


def request(
    *, is_mutation: bool = False, within_s: float = 5.0, headers: tuple[tuple[str, str], ...] = ()
) -> SubgraphRequest:
    return SubgraphRequest(
        subgraph="tasks",
        operation="{tasks}",
        variables={},
        body=b'{"query":"{tasks}"}',
        headers=headers,
        deadline=asyncio.get_running_loop().time() + within_s,
        is_mutation=is_mutation,
        identity=None,
    )
