"""Requests that were made to be read in two ways, to grow on the way, or to hide in one another."""

from __future__ import annotations

import asyncio
import zlib

import pytest
import uvloop

from router.policies.client_address import TrustedProxies
from router.server.cors import Cors
from tests.router.server.hostile_support import codes, router
from tests.router.server.stub_subgraphs import answering
from tests.router.server.test_http_protocol import VERSION, post, serving
from tests.support.asgi import running
from tests.support.waiting import eventually

ANSWER = (200, b'{"data":{"version":"1"}}')


async def status_of(request: bytes) -> int | None:
    """Status of the first answer; None when the connection just ends."""
    async with serving() as served, served.connection() as connection:
        await connection.send(request)
        try:
            status, _ = await connection.response()
        except EOFError:
            status = None
        assert await served.is_healthy()
        return status


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(VERSION), VERSION)


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(VERSION, "Content-Length: 5"),
        post(VERSION, f"Content-Length: {len(VERSION)}"),
        post(VERSION).replace(b"Content-Length: ", b"Content-Length: +"),
        post(VERSION).replace(b"Content-Length: ", b"Content-Length: -"),
        post(VERSION).replace(b"Content-Length: ", b"Content-Length: 0x"),
        post(VERSION).replace(b"Content-Length: 24", b"Content-Length: 24, 24"),
        post(VERSION).replace(b"Content-Length: 24", b"Content-Length: " + b"9" * 30),
        post(VERSION).replace(b"Content-Length", b"Content-Length "),
        post(CHUNKED, "Transfer-Encoding: chunked", "Content-Length: 5"),
        post(CHUNKED, "Transfer-Encoding: chunked, identity"),
        post(CHUNKED, "Transfer-Encoding: xchunked"),
        post(b"zz\r\n" + CHUNKED, "Transfer-Encoding: chunked"),
        post(b"-1\r\n" + CHUNKED, "Transfer-Encoding: chunked"),
        post(b"f" * 20 + b"\r\n" + CHUNKED, "Transfer-Encoding: chunked"),
        post(VERSION, "X-Folded: a\r\n b").replace(b"a\r\n b", b"a\r\n\tb\r\n"),
        post(VERSION, "X-Zero: a\x00b"),
        post(VERSION, "X-Bare: a\rb"),
        post(VERSION, "No colon"),
        post(VERSION, ": no name"),
        post(VERSION, "Na me: value"),
        post(VERSION).replace(b"HTTP/1.1", b"HTTP/1.9"),
        post(VERSION).replace(b"Host: test\r\n", b""),
        post(VERSION, "Host: other"),
        post(VERSION, "Host: other", "Expect: 100-continue"),
        post(VERSION, "Host: other", "Upgrade: h2c", "Connection: upgrade"),
        b"GET /health/live HTTP/1.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: test\r\nHost: other\r\n\r\n",
    ],
)
async def test_what_may_be_read_in_two_ways_is_not_read(request_bytes: bytes) -> None:
    assert await status_of(request_bytes) in (400, 413, None)


async def test_a_body_ends_where_its_length_says() -> None:
    """What follows is the next request, with headers of its own."""
    second = post(b'{"query": "{ me { id } }"}', "Content-Length: 26").replace(
        b"Content-Length: 26\r\nContent-Length: 26", b"Content-Length: 26"
    )
    async with serving() as served, served.connection() as connection:
        await connection.send(post(VERSION) + second)
        assert await connection.response() == ANSWER
        status, body = await connection.response()
    assert status == 200
    assert b'"me"' in body


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (post(VERSION).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
        (post(VERSION, path="http://other.example/graphql"), 200),
        (post(VERSION, path="/graphql?query=%7Bnonsense%7D"), 200),
        (post(VERSION, path="/GraphQL"), 404),
        (post(VERSION, path="/graphql/"), 200),
        (post(VERSION, path="//graphql"), 404),
        (post(VERSION, path="/graphql%00"), 404),
        (b"CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n", 400),
        (post(VERSION).replace(b"POST", b"CONNECT"), 400),
        (b"GET /health/live HTTP/1.0\r\n\r\n", 200),
        (post(VERSION, "Upgrade: h2c", "Connection: upgrade, http2-settings"), 200),
        (post(VERSION, "Upgrade: websocket", "Connection: upgrade"), 200),
        (post(VERSION).replace(b"POST", b"PUT"), 405),
        (post(VERSION).replace(b"POST", b"TRACE"), 405),
        (post(VERSION).replace(b"POST", b"DELETE"), 405),
        (post(VERSION, "Expect: 200-maybe"), 200),
    ],
)
async def test_odd_requests_have_one_meaning(request_bytes: bytes, expected: int) -> None:
    assert await status_of(request_bytes) == expected


OFFER = ("Upgrade: h2c", "Connection: upgrade")


async def test_thousands_of_offers_of_another_protocol_are_declined_one_by_one() -> None:
    async with serving() as served, served.connection() as connection:
        await connection.send(post(VERSION, *OFFER) * 1200)
        for _ in range(1200):
            assert await connection.response() == ANSWER


async def test_who_wants_the_connection_closed_may_offer_another_protocol_too() -> None:
    async with serving() as served, served.connection() as connection:
        await connection.send(post(VERSION, "Upgrade: h2c", "Connection: Upgrade, close"))
        assert await connection.response() == ANSWER
        assert await connection.ends()


@pytest.mark.parametrize(
    "before", [post(VERSION), post(VERSION) + post(VERSION), post(VERSION, *OFFER)]
)
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        pytest.param(b"GET / HTTP/1.1\r\na: " + b"b" * 300_000, id="a head without end"),
    ],
)
async def test_what_follows_a_request_and_is_none_takes_not_its_answer(
    before: bytes, garbage: bytes
) -> None:
    async with serving() as served, served.connection() as connection:
        served.auth.delay_s = 0.05
        await connection.send(before + garbage)
        for _ in range(before.count(b"POST")):
            assert await connection.response() == ANSWER
        assert await connection.ends()
        assert await served.is_healthy()


def test_nobody_waits_for_answers_to_requests_sent_together(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On the loop that the router runs on, which takes no bytes for a closed connection."""
    request = post(VERSION).replace(b"/graphql", b"/graphql?a=b", 1)

    async def check() -> None:
        async with serving() as served:
            served.auth.delay_s = 0.1
            async with served.connection() as connection:
                await connection.send(request * 3)
                await served.auth.is_asked.wait()
            await served.auth.has_ended.wait()
            await eventually(served.has_no_connections, within_s=5)
            assert await served.is_healthy()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(check())
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_head_has_no_body() -> None:
    async with serving() as served, served.connection() as connection:
        await connection.send(b"HEAD /graphql?query={version} HTTP/1.1\r\nHost: test\r\n\r\n")
        await connection.send(b"GET /health/live HTTP/1.1\r\nHost: test\r\n\r\n")
        head = await connection._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 405 ")
        assert await connection.response() == (200, b'{"status":"ok"}')


async def test_trailers_are_no_headers() -> None:
    trailers = b"X-Request-Id: from-trailer\r\nAuthorization: Bearer x\r\n"
    body = CHUNKED[:-2] + trailers + b"\r\n"
    async with serving() as served, served.connection() as connection:
        await connection.send(post(body, "Transfer-Encoding: chunked"))
        assert await connection.response() == ANSWER
        (sent,) = served.auth.requests
        assert "from-trailer" not in dict(sent.headers).values()
        assert "authorization" not in dict(sent.headers)


# Below HTTP's own syntax: the endpoint in this process.


JSON_HEADERS = [("content-type", "application/json"), ("accept", "application/json")]


@pytest.mark.parametrize(
    ("name", "values"),
    [("authorization", ["Bearer a", "Bearer b"]), ("x-request-id", ["first", "second"])],
)
async def test_a_header_that_stands_twice_is_no_good(name: str, values: list[str]) -> None:
    auth = answering(version="1")
    headers = [*JSON_HEADERS, *((name, value) for value in values)]
    async with running(router(auth)) as client:
        response = await client.post("/graphql", content=VERSION, headers=headers)
    assert response.status_code == 200
    sent = dict(auth.requests[0].headers).get(name, "")
    assert sent not in values


async def test_no_cache_keeps_what_a_get_gave() -> None:
    async with running(router()) as client:
        answered = await client.get("/graphql", params={"query": "{ version }"})
        refused = await client.get("/graphql", params={"query": "{ nonsense }"})
        posted = await client.post("/graphql", json={"query": "{ version }"})
    assert answered.headers["cache-control"] == refused.headers["cache-control"] == "no-store"
    assert "cache-control" not in posted.headers


async def test_two_content_types_are_none() -> None:
    headers = [("content-type", "text/plain"), ("content-type", "application/json")]
    async with running(router()) as client:
        response = await client.post("/graphql", content=VERSION, headers=headers)
    assert (response.status_code, codes(response)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "text/plain; application/json", "application/json-patch+json", "application/jsonx"],
)  # fmt: skip
async def test_what_a_form_can_send_is_refused(content_type: str) -> None:
    auth = answering(login="t")
    body = b'{"query": "mutation { login(name: 1) }"}'
    async with running(router(auth)) as client:
        response = await client.post(
            "/graphql", content=body, headers={"content-type": content_type}
        )
    assert response.status_code == 415
    assert auth.requests == []


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "https://app.example.evil"])
async def test_other_origins_read_nothing(origin: str) -> None:
    asked = {"origin": origin, "access-control-request-method": "POST"}
    cors = {"cors": Cors(["https://app.example"])}
    async with running(router(http=cors)) as client:
        preflight = await client.request("OPTIONS", "/graphql", headers=asked)
        answer = await client.post(
            "/graphql", json={"query": "{ version }"}, headers={"origin": origin}
        )
    for response in (preflight, answer):
        assert "access-control-allow-origin" not in response.headers
    assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize("levels", [1, 2])
async def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(levels: int) -> None:
    body = b'{"query": "{ version }", "x": "' + b"a" * 8_000_000 + b'"}'
    for _ in range(levels):
        compressor = zlib.compressobj(wbits=31)
        body = compressor.compress(body) + compressor.flush()
    headers = {**dict(JSON_HEADERS), "content-encoding": ", ".join(["gzip"] * levels)}
    async with running(router()) as client:
        response = await client.post("/graphql", content=body, headers=headers)
    assert response.status_code == (413 if levels == 1 else 415)


async def test_bytes_after_the_compressed_body_are_refused() -> None:
    compressor = zlib.compressobj(wbits=31)
    body = compressor.compress(VERSION) + compressor.flush() + b"more"
    headers = {**dict(JSON_HEADERS), "content-encoding": "gzip"}
    async with running(router()) as client:
        response = await client.post("/graphql", content=body, headers=headers)
    assert (response.status_code, codes(response)) == (400, ["BAD_REQUEST"])


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("8.8.8.8, 10.0.0.9", "8.8.8.8"),
        ("1.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("evil\t, 8.8.8.8", "8.8.8.8"),
        ("fe80::1%x-evil: 1, 10.0.0.9", "10.0.0.9"),
        ("unknown", "10.0.0.1"),
        ("8.8.8.8:80", "8.8.8.8"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("8.8.8.8:80:90", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
def test_the_client_does_not_choose_its_address(forwarded: str, expected: str) -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    assert proxies.client_address("10.0.0.1", forwarded.encode()) == expected


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("::ffff:10.0.0.1", "8.8.8.8", "8.8.8.8"),
        ("::ffff:10.0.0.1", "8.8.8.8, ::ffff:10.0.0.2", "8.8.8.8"),
        ("::ffff:11.0.0.1", "8.8.8.8", "::ffff:11.0.0.1"),
    ],
)
def test_a_proxy_is_trusted_where_its_address_looks_like_ipv6(
    peer: str, forwarded: str, expected: str
) -> None:
    assert TrustedProxies(["10.0.0.0/8"]).client_address(peer, forwarded.encode()) == expected


async def test_nothing_of_a_header_becomes_another_header() -> None:
    auth = answering(version="1")
    hostile = {
        "x-request-id": "a\tx-evil: 1",
        "user-agent": "agent\tx: y",
        "traceparent": "00-\u00ff",
        "origin": "https://evil.example",
    }
    headers = [
        *[(n.encode(), v.encode("latin-1")) for n, v in JSON_HEADERS],
        *[(n.encode(), v.encode("latin-1")) for n, v in hostile.items()],
    ]
    async with running(router(auth)) as client:
        response = await client.post("/graphql", content=VERSION, headers=headers)
    assert response.status_code == 200
    assert "x-evil" not in str(response.headers)
    for name, value in auth.requests[0].headers:
        assert "\n" not in name + value
        assert "\r" not in name + value
