"""A closed loop of requests over kept connections, on the loopback interface only."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

import httptools
import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Asked(Protocol):
    """What is asked again and again."""

    def body(self, number: int) -> bytes:
        """The request with this number."""
        ...

    def proof(self, number: int) -> bytes:
        """What the answer to it holds."""
        ...


class WrongAnswerError(Exception):
    """An answer under load that is not the one to the request before it."""


@dataclass(slots=True)
class Load:
    """What one run of load saw."""

    duration_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    wrong: int = 0

    def requests(self) -> int:
        return len(self.latencies_s)

    def percentile_us(self, percent: float) -> float:
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1e6


@dataclass(frozen=True, slots=True)
class Target:
    """Who is asked, and the token that goes with every request, if any."""

    port: int
    token: str | None = None
    path: str = "/graphql"

    def requests(self, workload: Asked) -> Callable[[int], bytes]:
        """Gives the whole request with a number."""
        identity = f"authorization: Bearer {self.token}\r\n" if self.token else ""
        head = (
            f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n"
            f"content-type: application/json\r\n{identity}content-length: "
        ).encode()

        def request(number: int) -> bytes:
            body = workload.body(number)
            return b"%b%d\r\n\r\n%b" % (head, len(body), body)

        return request


class Client(asyncio.Protocol):
    """Sends the next request as soon as the last one is answered, until the deadline."""

    def __init__(
        self,
        request: Callable[[int], bytes],
        workload: Asked,
        numbers: Iterator[int],
        load: Load,
        until: float,
    ) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._request = request
        self._workload = workload
        self._numbers = numbers
        self._load = load
        self._until = until
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._number = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self._send()

    def _send(self) -> None:
        self._number = next(self._numbers)
        request = self._request(self._number)
        self._body = []
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, chunk: bytes) -> None:
        self._parser.feed_data(chunk)

    def on_body(self, chunk: bytes) -> None:
        self._body.append(chunk)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self._load.latencies_s.append(now - self._sent)
        answer = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        is_right = (
            self._parser.get_status_code() == 200
            and self._workload.proof(self._number) in answer
            and b'"errors"' not in answer
        )
        self._load.wrong += not is_right
        if now < self._until:
            self._parser = httptools.HttpResponseParser(self)
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done.done():
            return
        if exc is not None or time.perf_counter() < self._until:
            self.done.set_exception(WrongAnswerError(f"the connection was closed: {exc}"))
        else:
            self.done.set_result(None)


async def drive(target: Target, workload: Asked, connections: int, duration_s: float) -> Load:
    load = Load()
    request = target.requests(workload)
    numbers = itertools.count(time.time_ns() // 1000)  # never the number of an earlier run
    start = time.perf_counter()
    until = start + duration_s
    loop = asyncio.get_running_loop()
    clients = [
        (
            await loop.create_connection(
                lambda: Client(request, workload, numbers, load, until), "127.0.0.1", target.port
            )
        )[1]
        for _ in range(connections)
    ]
    async with asyncio.timeout(duration_s + 30):
        await asyncio.gather(*(client.done for client in clients))
    load.duration_s = time.perf_counter() - start
    return load


def run_load(target: Target, workload: Asked, *, connections: int, duration_s: float) -> Load:
    """Keep `connections` requests in flight for `duration_s`.

    Raises:
        WrongAnswerError: An answer was wrong or a connection was lost.
    """
    load = uvloop.run(drive(target, workload, connections, duration_s))
    if load.wrong:
        msg = f"{load.wrong} of {load.requests()} answers were wrong"
        raise WrongAnswerError(msg)
    return load
