"""Requests that were made to be read in two ways, to grow on the way, or to hide in one another."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from router import Router, RouterOptions
from router.policies.client_address import TrustedProxies
from router.policies.limits import Limits
from router.policies.policy_set import PolicySet
from router.policies.rate_limit import Rate, RateLimits
from router.server.cors import Cors
from router.server.graphql_http import HttpOptions
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import StubSubgraph, answering
from tests.router.server.test_http_protocol import VERSION, post, serving
from tests.support.asgi import running

if TYPE_CHECKING:
    import httpx

SUPERGRAPH = accounts_supergraph()
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


SMUGGLED = b"POST /graphql HTTP/1.1\r\nHost: test\r\n"
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
        (post(VERSION, path="/graphql/"), 404),
        (post(VERSION, path="//graphql"), 404),
        (post(VERSION, path="/graphql%00"), 404),
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


def router(auth: StubSubgraph | None = None, **options: Any) -> Router:
    clients = {
        "auth": auth or answering(version="1", login="t", me={"id": "user_1"}),
        "tasks": answering(),
    }
    http = HttpOptions(**options.pop("http", {}))
    return Router(SUPERGRAPH, clients, RouterOptions(http=http, policies=PolicySet(**options)))


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


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
    body = b'{"query": "{ version }", "x": "' + b"a" * 50_000_000 + b'"}'
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


PERSISTED: list[Any] = [
    5,
    "x",
    [],
    {},
    {"version": 1},
    {"version": 1, "sha256Hash": 5},
    {"version": 1, "sha256Hash": None},
    {"version": "1", "sha256Hash": "0" * 64},
    {"version": 1, "sha256Hash": "0" * 64},
    {"version": 1, "sha256Hash": ""},
    {"version": 1, "sha256Hash": "../../etc/passwd"},
    {"version": 1, "sha256Hash": {"$ne": ""}},
]


@pytest.mark.parametrize("persisted", PERSISTED)
@pytest.mark.parametrize("query", [None, "{ me { id } }"])
async def test_a_wrong_hash_never_runs_another_operation(query: str | None, persisted: Any) -> None:
    body = {"query": query, "extensions": {"persistedQuery": persisted}}
    async with running(router()) as client:
        response = await client.post("/graphql", json=body)
    assert "data" not in response.json()
    assert codes(response)[0] in (
        "BAD_REQUEST",
        "PERSISTED_QUERY_NOT_FOUND",
        "PERSISTED_QUERY_NOT_SUPPORTED",
    )


LOGIN = 'login(name: "x")'


@pytest.mark.parametrize(
    "query",
    [
        f"mutation {{ a: {LOGIN} b: {LOGIN} }}",
        f"mutation {{ a: {LOGIN} ...F }} fragment F on Mutation {{ b: {LOGIN} }}",
        (
            f"mutation {{ ...F ...G }} fragment F on Mutation {{ {LOGIN} }} "
            f"fragment G on Mutation {{ ... {{ ... on Mutation {{ g: {LOGIN} }} }} }}"
        ),
        f"mutation {{ a: {LOGIN} b: {LOGIN} @skip(if: true) }}",
        f"mutation($no: Boolean! = false) {{ a: {LOGIN} b: {LOGIN} @include(if: $no) }}",
    ],
)
async def test_one_request_holds_one_credential_mutation(query: str) -> None:
    auth = answering(login="t")
    limits = Limits(single_mutations=frozenset({"login"}))
    async with running(router(auth, limits=limits)) as client:
        plain = await client.post("/graphql", json={"query": query})
    assert codes(plain) == ["BATCH_NOT_ALLOWED"]
    assert auth.requests == []


async def test_nor_does_a_batch_of_persisted_ones() -> None:
    auth = answering(login="t")
    limits = Limits(single_mutations=frozenset({"login"}))
    async with running(router(auth, limits=limits, http={"max_batch": 5})) as client:
        parts = [{"query": f"mutation {{ a{number}: {LOGIN} }}"} for number in range(3)]
        response = await client.post("/graphql", json=parts)
    first, *others = response.json()
    assert "errors" not in first or first["errors"][0]["extensions"]["code"] != "BATCH_NOT_ALLOWED"
    assert [other["errors"][0]["extensions"]["code"] for other in others] == (
        ["BATCH_NOT_ALLOWED"] * 2
    )
    assert len(auth.requests) == 1


async def test_a_batch_costs_what_its_operations_cost_together() -> None:
    limits = Limits(max_cost=25)
    async with running(router(limits=limits, http={"max_batch": 5})) as client:
        part = {"query": "query($n: Int) { me { friends(first: $n) { id } } }"}
        response = await client.post("/graphql", json=[{**part, "variables": {"n": 10}}] * 3)
    found = [answer.get("errors", [{"extensions": {"code": ""}}])[0] for answer in response.json()]
    assert [error["extensions"]["code"] for error in found] == ["", "", "QUERY_TOO_COMPLEX"]
    assert found[2]["extensions"]["actual"] == 33


@pytest.mark.parametrize(
    "calls",
    [
        [f"mutation {{ a: {LOGIN} b: {LOGIN} c: {LOGIN} }}"],
        [f"mutation {{ a: {LOGIN} ...F }} fragment F on Mutation {{ b: {LOGIN} c: {LOGIN} }}"],
        [f"mutation {{ a: {LOGIN} b: {LOGIN} }}", f"mutation X {{ {LOGIN} }}"],
        [f"mutation {{ {LOGIN} }}"] * 3,
    ],
)
@pytest.mark.parametrize("how", ["alone", "batch", "persisted"])
async def test_a_limited_field_is_counted_however_it_is_called(calls: list[str], how: str) -> None:
    limits = RateLimits(anonymous=None, user=None, fields={"Mutation.login": Rate(2, 60)})
    parts: list[Any] = [{"query": call} for call in calls]
    if how == "persisted":
        for part in parts:
            digest = sha256(part["query"].encode()).hexdigest()
            part["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    async with running(router(rate_limits=limits, http={"max_batch": 9})) as client:
        bodies = [parts] if how == "batch" else parts
        answers = [(await client.post("/graphql", json=body)).text for body in bodies]
    assert "RATE_LIMITED" in answers[-1]


@pytest.mark.parametrize("depth", [50, 400, 900, 5000, 200_000])
async def test_deeply_nested_variables_are_answered(depth: int) -> None:
    variables = "[" * depth + "]" * depth
    for query in (
        "query($f: TaskFilter) { tasks(filter: $f) { totalCount } }",
        "query($i: [ID!]!) { nodes(ids: $i) { id } }",
        "{ version }",
    ):
        body = f'{{"query": {json.dumps(query)}, "variables": {{"f": {variables}, "i": 1}}}}'
        async with running(router()) as client:
            response = await client.post(
                "/graphql", content=body, headers={"content-type": "application/json"}
            )
        assert response.status_code in (200, 400)
        assert "INTERNAL_SERVER_ERROR" not in response.text


NESTED = "type { fields { " * 6 + "name" + " } }" * 6


@pytest.mark.parametrize(
    "query",
    [
        f"{{ __schema {{ types {{ fields {{ {NESTED} }} }} }} }}",
        f'{{ __type(name: "Query") {{ fields {{ {NESTED} }} }} }}',
        (
            "{ __schema { types { ...T } } } fragment T on __Type { fields { type { ...U } } } "
            "fragment U on __Type { fields { type { ...V } } } "
            "fragment V on __Type { fields { type { fields { name } } } }"
        ),
        "{ __schema { types { possibleTypes { possibleTypes { possibleTypes { name } } } } } }",
        "{ __schema { types { interfaces { interfaces { interfaces { name } } } } } }",
    ],
)
async def test_introspection_does_not_multiply(query: str) -> None:
    async with running(router()) as client:
        response = await client.post("/graphql", json={"query": query})
    assert codes(response) == ["GRAPHQL_VALIDATION_FAILED"]


@pytest.mark.parametrize(
    "query",
    [
        "{ me { ...F } } fragment F on User { ...F }",
        "{ me { ...F } } fragment F on User { id ...G } fragment G on User { id ...F }",
        "{ me { ...F } } fragment F on User { friends { ...F } }",
        "{ version " + "@include(if: true) " * 600 + "}",
        "{ " + "version @include(if: true) " * 600 + "}",
        "{ " + "me { id } " * 3700 + "}",
        "{ " + "...F " * 3000 + "} fragment F on Query { ...G } fragment G on Query { version }",
        "query(" + " ".join(f"$v{n}: Int" for n in range(3000)) + ") { version }",
        "{ " + " ".join(f"a{n}: version" for n in range(1000)) + " }",
        "{ nodes(ids: [" + "1 " * 14_000 + "]) { id } }",
    ],
)
async def test_overloaded_documents_are_answered_in_time(query: str) -> None:
    async with running(router(timeout_s=20)) as client:
        response = await client.post("/graphql", json={"query": query})
    assert response.status_code == 200
    assert not {"TIMEOUT", "INTERNAL_SERVER_ERROR"} & set(
        codes(response) if "errors" in response.json() else []
    )


def nested_pages(size: str) -> str:
    page = f"tasks(first: {size}) {{ nodes {{ owner {{ "
    return page * 3 + "id" + " } } }" * 3


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f"{{ {nested_pages('100')} }}", {}),
        (f"query($n: Int) {{ {nested_pages('$n')} }}", {"n": 100}),
        (f"query($n: Int = 100) {{ {nested_pages('$n')} }}", {}),
        (f"query($n: Int = 1) {{ {nested_pages('$n')} }}", {"n": 2**31 - 1}),
        (
            f"query($n: Int) {{ ...F }} fragment F on Query {{ ... {{ {nested_pages('$n')} }} }}",
            {"n": 100},
        ),
        (f"query($n: Int) {{ a: version {nested_pages('$n')} }}", {"n": 100}),
        (
            f"query($n: Int) {{ {nested_pages('$n').replace(')', ') @skip(if: true)', 1)} }}",
            {"n": 100},
        ),
    ],
)
async def test_cost_cannot_be_hidden(query: str, variables: dict[str, Any]) -> None:
    tasks_limits = Limits(max_cost=2000)
    async with running(router(limits=tasks_limits)) as client:
        response = await client.post("/graphql", json={"query": query, "variables": variables})
    assert codes(response) == ["QUERY_TOO_COMPLEX"]


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
