"""Ways to servers on which something is wrong at times: what a network does to connections."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from enum import Enum
from threading import Thread
from typing import TYPE_CHECKING

from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

_DELAY_S = 0.3


class Fault(Enum):
    """What happens to the connections of a link."""

    NONE = "none"
    RESET = "reset"
    """Open ones are reset, and so is every new one."""
    DELAY = "delay"
    """Everything comes 0.3 s late."""
    CUT = "cut"
    """An answer ends in its middle, and the connection with it."""
    SILENCE = "silence"
    """Nothing arrives; what was sent does once it is over."""
    DOUBLE = "double"
    """What the server says is heard twice."""


class FaultyLink:
    """Passes connections on to a port of this machine.

    Attributes:
        port_behind: Of the server.
        port: Of the link.
    """

    def __init__(self, port_behind: int, loop: asyncio.AbstractEventLoop) -> None:
        self.port_behind = port_behind
        self.port = 0
        self._loop = loop
        self._fault = Fault.NONE
        self._is_flowing = asyncio.Event()
        self._is_flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._is_flowing.set()
        self._reset()

    def set(self, fault: Fault) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._set, fault)

    def _set(self, fault: Fault) -> None:
        self._fault = fault
        if fault is Fault.SILENCE:
            self._is_flowing.clear()
        else:
            self._is_flowing.set()
        if fault is Fault.RESET:
            self._reset()

    def _reset(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._fault is Fault.RESET:
            writer.transport.abort()
            return
        try:
            there, to_there = await asyncio.open_connection("127.0.0.1", self.port_behind)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, to_there}
        self._writers |= both
        try:
            await asyncio.gather(
                self._pass_on(reader, to_there, is_answer=False),
                self._pass_on(there, writer, is_answer=True),
            )
        finally:
            self._writers -= both
            for each in both:
                each.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        try:
            while data := await reader.read(65536):
                if self._fault is Fault.DELAY:
                    await asyncio.sleep(_DELAY_S)
                await self._is_flowing.wait()
                if is_answer and self._fault is Fault.CUT:
                    writer.write(data[: len(data) // 2])
                    break
                writer.write(data * 2 if is_answer and self._fault is Fault.DOUBLE else data)
                await writer.drain()
        except OSError:
            pass  # the other side tells
        finally:
            writer.close()


@asynccontextmanager
async def faulty_link(url: str) -> AsyncIterator[tuple[FaultyLink, str]]:
    """A link to the server at this URL, served by the running loop, and the URL by way of it."""
    parsed = make_url(url)
    assert parsed.port is not None
    link = FaultyLink(parsed.port, asyncio.get_running_loop())
    await link.open()
    try:
        yield link, parsed.set(port=link.port).render_as_string(hide_password=False)
    finally:
        await link.close()


@contextmanager
def faulty_links(ports: Mapping[str, int]) -> Iterator[dict[str, FaultyLink]]:
    """Links to these ports, served by a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    links = {name: FaultyLink(port, loop) for name, port in ports.items()}
    try:
        for link in links.values():
            asyncio.run_coroutine_threadsafe(link.open(), loop).result(5)
        yield links
    finally:
        for link in links.values():
            asyncio.run_coroutine_threadsafe(link.close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
