from __future__ import annotations

import asyncio
import datetime as dt
import re
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from router.errors import StartupError, SubgraphError
from router.execution import SubgraphResponse
from router.transport import HttpSubgraph
from tests.router.transport.scripted_server import Peer, request, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def client(url: str, **options: Any) -> AsyncIterator[HttpSubgraph]:
    made = HttpSubgraph(url, **options)
    try:
        yield made
    finally:
        await made.aclose()


async def answer_all(peer: Peer, number: int) -> None:
    while True:
        await peer.request()
        await peer.answer()


CHUNKS = b"2\r\nbo\r\n1;x=y\r\nd\r\n1\r\ny\r\n0\r\n\r\n"


async def test_a_request_is_a_post_with_a_sized_json_body_and_the_given_headers() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer, number: int) -> None:
        seen.append(await peer.request())
        await peer.answer(b'{"data":{"tasks":1}}')

    async with serving(script) as server, client(server.url) as http:
        response = await http.send(request(headers=(("authorization", "Bearer x"),)))

    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /graphql HTTP/1.1"
    assert "Content-Type: application/json" in lines
    assert "authorization: Bearer x" in lines
    assert body == b'{"query":"{tasks}"}'
    assert response == SubgraphResponse(200, b'{"data":{"tasks":1}}', "application/json")


async def test_a_header_value_with_a_line_break_is_not_sent() -> None:
    seen: list[bytes] = []

    async def script(peer: Peer, number: int) -> None:
        seen.append(await peer.request())
        await peer.answer()

    async with serving(script) as server, client(server.url) as http:
        await http.send(request(headers=(("x-a", "1\r\nx-admin: yes"), ("x-b", "2"))))

    assert b"x-admin" not in seen[0]
    assert b"x-b: 2" in seen[0]


async def test_requests_one_after_another_share_a_connection() -> None:
    async with serving(answer_all) as server, client(server.url) as http:
        for _ in range(5):
            await http.send(request())

        assert server.connections == 1


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", b"body"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
            b"body",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", b"body"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nX-Huge: " + b"h" * 60_000 + b"\r\nContent-Length: 1\r\n\r\n!", b"!"),
    ],
    ids=["sized", "chunked", "after 100", "no content", "huge header"],
)
@pytest.mark.parametrize("piece_size", [1, 7, 1_000_000])
async def test_a_response_is_read_however_it_is_framed_and_cut(
    data: bytes, body: bytes, piece_size: int
) -> None:
    async def script(peer: Peer, number: int) -> None:
        while True:
            await peer.request()
            for start in range(0, len(data), max(piece_size, len(data) // 300)):
                await peer.send(data[start : start + max(piece_size, len(data) // 300)])
                await asyncio.sleep(0)

    async with serving(script) as server, client(server.url) as http:
        responses = [await http.send(request()) for _ in range(2)]

        assert [response.body for response in responses] == [body, body]
        assert server.connections == 1


async def test_a_response_without_a_length_ends_when_the_server_closes() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nbo")
        await peer.send(b"dy")

    async with serving(script) as server, client(server.url) as http:
        assert (await http.send(request())).body == b"body"
        assert (await http.send(request())).body == b"body"
        assert server.connections == 2


async def test_a_connection_the_server_will_close_is_not_used_again() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.answer(b"{}", "Connection: close")

    async with serving(script) as server, client(server.url) as http:
        await http.send(request())
        await http.send(request(is_mutation=True))

        assert server.connections == 2


async def close_on_second_request(peer: Peer, number: int) -> None:
    await peer.request()
    await peer.answer()
    await peer.request()
    if number > 1:
        await peer.answer()


async def test_a_query_that_meets_a_closing_kept_connection_is_sent_again_once() -> None:
    async with serving(close_on_second_request) as server, client(server.url) as http:
        await http.send(request())
        response = await http.send(request())

        assert (response.status, response.attempts) == (200, 2)
        assert server.connections == 2


async def test_a_query_that_ends_every_connection_is_sent_twice_at_most() -> None:
    all_asked = asyncio.Barrier(4)
    killed = 0

    async def script(peer: Peer, number: int) -> None:
        nonlocal killed
        await peer.request()
        if number <= 4:
            await all_asked.wait()
            await peer.answer()
            await peer.request()
        killed += 1

    async with serving(script) as server, client(server.url) as http:
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(http.send(request()))
        with pytest.raises(SubgraphError) as raised:
            await http.send(request())

        assert raised.value.failure == "unreachable"
        assert (killed, server.connections) == (2, 5)


async def test_a_query_is_not_sent_again_once_its_answer_has_begun() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.answer()
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Le")

    async with serving(script) as server, client(server.url) as http:
        await http.send(request())
        with pytest.raises(SubgraphError):
            await http.send(request())

        assert server.connections == 1


async def test_idle_connections_are_closed() -> None:
    gone = asyncio.Event()

    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.answer()
        if await peer.is_gone():
            gone.set()

    async with serving(script) as server, client(server.url, keepalive_s=0.01) as http:
        await http.send(request())
        async with asyncio.timeout(5):
            await gone.wait()


async def test_a_mutation_is_never_sent_twice() -> None:
    async with serving(close_on_second_request) as server, client(server.url) as http:
        await http.send(request())
        with pytest.raises(SubgraphError) as raised:
            await http.send(request(is_mutation=True))

        assert raised.value.failure == "unreachable"
        assert server.connections == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfi",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    ],
    ids=["nothing", "half a head", "short body", "half a chunk", "not HTTP", "bad length"],
)
@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_broken_response_makes_the_subgraph_unreachable(data: bytes, end: str) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(data)
        if end == "reset":
            peer.reset()

    async with serving(script) as server, client(server.url) as http:
        with pytest.raises(SubgraphError) as raised:
            await http.send(request())

    assert raised.value.failure == "unreachable"
    assert raised.value.subgraph == "tasks"


async def test_a_response_over_the_limit_is_refused() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.answer(b"x" * 2000)

    async with serving(script) as server, client(server.url, max_response_bytes=1000) as http:
        with pytest.raises(SubgraphError, match="1000 bytes") as raised:
            await http.send(request())

        assert raised.value.failure == "invalid_response"


async def test_a_head_without_end_is_given_up() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nX-Endless: ")
        while True:
            await peer.send(b"x" * 2**16)

    async with serving(script) as server, client(server.url) as http:
        with pytest.raises(SubgraphError, match="before the body") as raised:
            await http.send(request(within_s=20))
    assert raised.value.failure == "invalid_response"


async def test_an_answer_that_drips_is_a_timeout() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await peer.send(b" ")
            await asyncio.sleep(0.01)

    async with serving(script) as server, client(server.url) as http:
        with pytest.raises(SubgraphError) as raised:
            await http.send(request(within_s=0.2))
    assert raised.value.failure == "timeout"


async def test_a_slow_answer_is_a_timeout_and_its_connection_is_given_up() -> None:
    gone = asyncio.Event()

    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n")
        if await peer.is_gone():
            gone.set()

    async with serving(script) as server, client(server.url) as http:
        with pytest.raises(SubgraphError) as raised:
            await http.send(request(within_s=0.05))
        async with asyncio.timeout(5):
            await gone.wait()

    assert raised.value.failure == "timeout"


async def test_the_clients_own_timeout_holds_before_the_deadline() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.is_gone()

    async with serving(script) as server, client(server.url, timeout_s=0.05) as http:
        with pytest.raises(SubgraphError) as raised:
            await http.send(request(within_s=60))

    assert raised.value.failure == "timeout"


async def test_a_cancelled_request_gives_up_its_connection() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        asked.set()
        if await peer.is_gone():
            gone.set()

    async with (
        serving(script) as server,
        client(server.url) as http,
        asyncio.timeout(5),
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(http.send(request()))
        await asked.wait()
        task.cancel()
        await gone.wait()

    assert task.cancelled()


async def test_more_requests_than_connections_wait_for_their_turn() -> None:
    async with serving(answer_all) as server, client(server.url, max_connections=2) as http:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(http.send(request())) for _ in range(20)]

        assert {task.result().status for task in tasks} == {200}
        assert server.connections == 2


async def test_a_waiting_request_times_out_and_leaves_the_pool_usable() -> None:
    held = asyncio.Event()

    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await held.wait()
        await peer.answer()
        await answer_all(peer, number)

    async with serving(script) as server, client(server.url, max_connections=1) as http:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(http.send(request()))
            await asyncio.sleep(0)
            with pytest.raises(SubgraphError) as raised:
                await http.send(request(within_s=0.05))
            held.set()
        await http.send(request())

        assert raised.value.failure == "timeout"
        assert first.result().status == 200
        assert server.connections == 1


async def test_a_place_in_the_pool_is_free_again_after_a_failure() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        if number > 3:
            await answer_all(peer, number)

    async with serving(script) as server, client(server.url, max_connections=1) as http:
        for _ in range(3):
            with pytest.raises(SubgraphError):
                await http.send(request())
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            failing = group.create_task(http.send(request(within_s=0.05)))
            failing.cancel()


async def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.answer()
        if number == 1:
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        await answer_all(peer, number)

    async with serving(script) as server, client(server.url) as http:
        await http.send(request())
        async with asyncio.timeout(5):
            while server.connections < 2:
                response = await http.send(request())
                assert response.body == b'{"data":{}}'


async def test_nobody_listening_is_unreachable() -> None:
    async with serving(answer_all) as server:
        url = server.url
    async with client(url) as http:
        with pytest.raises(SubgraphError) as raised:
            await http.send(request())

    assert raised.value.failure == "unreachable"


@pytest.mark.parametrize("url", ["ftp://host/graphql", "host/graphql", "http://", "http://host:x/"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(StartupError, match=re.escape(url)):
        HttpSubgraph(url)


async def test_a_subgraph_may_listen_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    async with serving(answer_all, socket_path=path) as server, client(server.url) as http:
        assert (await http.send(request())).status == 200


def self_signed(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server called localhost, and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(minutes=10))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "localhost.pem"
    file.write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_a_subgraph_over_tls(tmp_path: Path) -> None:
    server_tls, client_tls = self_signed(tmp_path)

    async with (
        serving(answer_all, tls=server_tls) as server,
        client(server.url, tls=client_tls) as http,
    ):
        for _ in range(3):
            assert (await http.send(request())).status == 200
        assert server.connections == 1


async def test_a_certificate_that_is_not_trusted_makes_the_subgraph_unreachable(
    tmp_path: Path,
) -> None:
    server_tls, _ = self_signed(tmp_path)

    async with serving(answer_all, tls=server_tls) as server, client(server.url) as http:
        with pytest.raises(SubgraphError) as raised:
            await http.send(request())

    assert raised.value.failure == "unreachable"
