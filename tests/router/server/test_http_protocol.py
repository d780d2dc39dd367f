"""The server on a real socket: what arrives in pieces, together, broken, or not at all."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import uvicorn

from router import Router, RouterOptions
from router.observations import Observations
from router.policies.policy_set import PolicySet
from router.server.graphql_http import HttpOptions
from router.server.run import server_config
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import StubSubgraph, answering
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SUPERGRAPH = accounts_supergraph()
VERSION = b'{"query": "{ version }"}'


def post(body: bytes, *headers: str, path: str = "/graphql") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: test", "Content-Type: application/json", *headers]
    if not any(line.lower().startswith("transfer-encoding") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Connection:
    """A client's connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            with suppress(ConnectionError):
                await self.writer.drain()
            await asyncio.sleep(0.01)  # so that every part arrives on its own

    async def response(self) -> tuple[int, bytes]:
        """Status and body of the next response."""
        async with asyncio.timeout(5):
            head = await self._reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head.lower())
            assert found is not None, head
            return int(head.split()[1]), await self._reader.readexactly(int(found.group(1)))

    async def ends(self) -> bool:
        async with asyncio.timeout(5):
            return await self._reader.read() == b""


@dataclass
class Served:
    server: uvicorn.Server
    port: int
    auth: StubSubgraph

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()

    async def has_connections(self) -> bool:
        return bool(self.server.server_state.connections)

    async def has_no_connections(self) -> bool:
        return not self.server.server_state.connections

    async def is_healthy(self) -> bool:
        async with self.connection() as connection:
            await connection.send(post(VERSION))
            return await connection.response() == (200, b'{"data":{"version":"1"}}')


@asynccontextmanager
async def serving(
    http: HttpOptions | None = None, policies: PolicySet | None = None
) -> AsyncIterator[Served]:
    auth = answering(version="1")
    options = RouterOptions(http=http or HttpOptions(), policies=policies or PolicySet())
    router = Router(SUPERGRAPH, {"auth": auth, "tasks": answering()}, options)
    server = uvicorn.Server(server_config(router, workers=1, shutdown_timeout_s=5))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server._serve([listener]))
        try:
            yield Served(server, port, auth)
        finally:
            server.should_exit = True


async def test_a_connection_answers_one_request_after_another() -> None:
    async with serving() as served, served.connection() as connection:
        for _ in range(3):
            await connection.send(post(VERSION))
            assert await connection.response() == (200, b'{"data":{"version":"1"}}')


async def test_an_answered_request_is_forgotten_without_the_cycle_collector() -> None:
    async with serving() as served, served.connection() as connection:
        gc.disable()
        try:
            for _ in range(5):
                await connection.send(post(VERSION))
                assert (await connection.response())[0] == 200
            kept = [found for found in gc.get_objects() if isinstance(found, Observations)]
        finally:
            gc.enable()
    assert len(kept) <= 1


@pytest.mark.parametrize("size", [1, 7, 60])
async def test_a_request_may_arrive_in_pieces(size: int) -> None:
    request = post(VERSION)
    async with serving() as served, served.connection() as connection:
        for start in range(0, len(request), size):
            connection.writer.write(request[start : start + size])
            await asyncio.sleep(0)
        assert await connection.response() == (200, b'{"data":{"version":"1"}}')
        await connection.send(request[:100], request[100:])
        assert await connection.response() == (200, b'{"data":{"version":"1"}}')


async def test_requests_sent_together_are_answered_in_order() -> None:
    bodies = [json.dumps({"query": f"{{ a{number}: version }}"}).encode() for number in range(5)]
    async with serving() as served, served.connection() as connection:
        served.auth._answer = lambda request: {  # the alias is the response key
            "data": {request.operation.strip("{}").split(":")[0]: "1"}
        }
        await connection.send(b"".join(post(body) for body in bodies))
        answers = [await connection.response() for _ in bodies]
    assert [list(json.loads(body)["data"]) for _, body in answers] == [
        [f"a{number}"] for number in range(5)
    ]


async def test_a_head_that_begins_behind_a_large_body_is_not_too_large() -> None:
    large = VERSION + b" " * 300_000
    async with serving() as served, served.connection() as connection:
        await connection.send(post(large) + post(VERSION)[:30], post(VERSION)[30:])
        for _ in range(2):
            assert await connection.response() == (200, b'{"data":{"version":"1"}}')


async def test_chunked_and_expected_bodies_are_read() -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(VERSION), VERSION)
    async with serving() as served, served.connection() as connection:
        await connection.send(post(chunked, "Transfer-Encoding: chunked"))
        assert await connection.response() == (200, b'{"data":{"version":"1"}}')
        head, body = post(VERSION, "Expect: 100-continue").split(b"\r\n\r\n")
        await connection.send(head + b"\r\n\r\n")
        async with asyncio.timeout(5):
            assert b"100 Continue" in await connection._reader.readuntil(b"\r\n\r\n")
        await connection.send(body)
        assert (await connection.response())[0] == 200
    async with serving() as served, served.connection() as connection:
        old = post(VERSION, "Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        await connection.send(old)
        assert (await connection.response())[0] == 200


@pytest.mark.parametrize("hosts", [b"", b"Host: a\r\nHost: b\r\n"])
async def test_a_request_has_one_host(hosts: bytes) -> None:
    async with serving() as served, served.connection() as connection:
        await connection.send(post(VERSION).replace(b"Host: test\r\n", hosts))
        assert (await connection.response())[0] == 400
        assert await connection.ends()


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
async def test_an_offer_of_another_protocol_is_declined(protocol: str) -> None:
    offer = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", "HTTP2-Settings: AAM")
    async with serving() as served, served.connection() as connection:
        for parts in ((post(VERSION, *offer),), (post(VERSION, *offer)[:-9], VERSION[-9:])):
            await connection.send(*parts)
            assert await connection.response() == (200, b'{"data":{"version":"1"}}')


async def test_a_client_may_ask_to_close() -> None:
    async with serving() as served, served.connection() as connection:
        await connection.send(post(VERSION, "Connection: close"))
        assert (await connection.response())[0] == 200
        assert await connection.ends()


async def test_other_paths_and_a_query_string_take_the_long_way() -> None:
    async with serving() as served, served.connection() as connection:
        await connection.send(post(VERSION, path="/graphql?x=1"))
        assert (await connection.response())[0] == 200
        await connection.send(post(VERSION, path="/other"))
        assert (await connection.response())[0] == 404


async def test_a_body_that_never_comes_is_given_up() -> None:
    async with serving(policies=PolicySet(timeout_s=0.1)) as served:
        async with served.connection() as connection:
            await connection.send(post(VERSION)[:-5])
            status, body = await connection.response()
        assert status == 408
        assert b"TIMEOUT" in body
        assert await served.is_healthy()


async def test_a_body_over_the_limit_is_refused_however_it_arrives() -> None:
    body = b'{"query": "' + b"a" * 3000 + b'"}'
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    async with serving(HttpOptions(max_body_bytes=1000)) as served:
        for request in (post(body), post(chunked, "Transfer-Encoding: chunked")):
            async with served.connection() as connection:
                await connection.send(request)
                assert (await connection.response())[0] == 413
        assert await served.is_healthy()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"POST /graphql HTTP/9.9\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nno colon\r\n\r\n",
        post(b"zz\r\n", "Transfer-Encoding: chunked"),
        b"POST /graphql HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n{}",
        b"GET " + b"/" * 300_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100_000,
        b"GET / HTTP/1.1\r\na: " + b"b" * 300_000,
    ],
)
async def test_broken_http_gets_an_answer_or_a_clean_end(garbage: bytes) -> None:
    async with serving(policies=PolicySet(timeout_s=0.2)) as served:
        async with served.connection() as connection:
            await connection.send(garbage)
            answer = b""
            with suppress(OSError):  # closed with bytes of ours unread
                connection.writer.write_eof()
                async with asyncio.timeout(5):
                    answer = await connection._reader.read(65_536)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
        assert await served.is_healthy()


async def test_a_head_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.server.http_protocol._HEAD_TIMEOUT_S", 0.1)
    async with serving() as served:
        async with served.connection() as silent, served.connection() as slow:
            await slow.send(b"POST /graphql HTTP/1.1\r\nHost: t")
            assert await slow.ends()
            assert await silent.ends()
        async with served.connection() as connection:
            await connection.send(post(VERSION))
            assert (await connection.response())[0] == 200
            await connection.send(post(VERSION)[:20])
            assert await connection.ends()


@pytest.mark.parametrize(
    "requests",
    [post(VERSION) * 3, post(VERSION) + b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n" * 2],
)
async def test_a_client_that_does_not_read_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, requests: bytes
) -> None:
    """What the system keeps for it is not enough for the first answer."""
    monkeypatch.setattr("router.server.http_protocol._HEAD_TIMEOUT_S", 0.1)
    monkeypatch.setattr("router.server.http_protocol._UNREAD_TIMEOUT_S", 0.2)
    async with serving() as served:
        served.auth._answer = lambda _: {"data": {"version": "1" * 10_000_000}}
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with client:
            client.connect(("127.0.0.1", served.port))
            client.sendall(requests)
            await eventually(served.has_connections, within_s=5)
            await eventually(served.has_no_connections, within_s=5)
        assert not served.server.server_state.tasks


async def test_a_client_that_reads_slowly_gets_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("router.server.http_protocol._HEAD_TIMEOUT_S", 0.04)
    monkeypatch.setattr("router.server.http_protocol._UNREAD_TIMEOUT_S", 5)
    monkeypatch.setattr("router.server.run._KEEP_ALIVE_S", 0.01)
    async with serving() as served:
        served.auth._answer = lambda _: {"data": {"version": "1" * 10_000_000}}
        async with served.connection() as connection:
            await connection.send(post(VERSION))
            await asyncio.sleep(0.2)  # far longer than a silent connection is kept
            status, body = await connection.response()
        assert (status, len(body)) == (200, 10_000_023)


async def test_a_client_that_goes_away_harms_nobody() -> None:
    async with serving() as served:
        served.auth.delay_s = 0.05
        async with served.connection() as connection:
            await connection.send(post(VERSION))
        served.auth.delay_s = 0
        assert await served.is_healthy()


@pytest.mark.parametrize(
    ("query", "delay_s", "outcome"),
    [("{ version }", 60, "given up"), ('mutation { login(name: "a") }', 0.1, "answered")],
)
async def test_a_query_is_given_up_with_its_client_and_a_mutation_is_not(
    query: str, delay_s: float, outcome: str
) -> None:
    async with serving() as served:
        served.auth.delay_s = delay_s
        async with asyncio.timeout(5):
            async with served.connection() as connection:
                await connection.send(post(json.dumps({"query": query}).encode()))
                await served.auth.is_asked.wait()
            await served.auth.has_ended.wait()
        assert served.auth.outcomes == [outcome]


async def test_running_requests_end_before_the_server_does() -> None:
    async with serving() as served:
        served.auth.delay_s = 0.2
        async with served.connection() as connection:
            await connection.send(post(VERSION))
            served.server.should_exit = True
            assert await connection.response() == (200, b'{"data":{"version":"1"}}')
            assert await connection.ends()
    assert served.auth.is_closed
