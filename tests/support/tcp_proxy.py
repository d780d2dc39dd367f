"""A way to a server that can fall silent, as a network does when a cable is pulled."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class TcpProxy:
    """Passes bytes on, until it is told not to; connections stay open either way.

    Args:
        url: Of the server behind it.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._parts = parts
        self._host, self._port = parts.hostname, parts.port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[TcpProxy]:
        proxy = cls(url)
        proxy._server = await asyncio.start_server(proxy._connect, "127.0.0.1", 0)
        try:
            yield proxy
        finally:
            proxy._server.close()
            proxy._flowing.set()
            for writer in proxy._writers:
                writer.close()

    @property
    def url(self) -> str:
        """The server's, by way of this proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        user = self._parts.netloc.rpartition("@")[0]
        return self._parts._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()

    def freeze(self) -> None:
        """Pass nothing on any more."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Pass on what was held back, and what comes."""
        self._flowing.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        there_reader, there_writer = await asyncio.open_connection(self._host, self._port)
        self._writers.append(there_writer)
        await asyncio.gather(
            self._pass_on(reader, there_writer), self._pass_on(there_reader, writer)
        )

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # the other side tells
        finally:
            writer.close()
