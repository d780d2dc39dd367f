"""GraphQL over HTTP, against a router in this process with stub subgraphs."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest

from router import Router, RouterOptions
from router.policies.limits import Limits
from router.policies.persisted_operations import PersistedOperations
from router.policies.policy_set import PolicySet
from router.policies.rate_limit import Rate, RateLimits
from router.server.cors import Cors
from router.server.graphql_http import HttpOptions
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import StubSubgraph, answering
from tests.support.asgi import running

SUPERGRAPH = accounts_supergraph()
STRICT = {"accept": "application/graphql-response+json"}
Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def served(
    auth: StubSubgraph | None = None,
    http: HttpOptions | None = None,
    policies: PolicySet | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    clients = {
        "auth": auth or answering(version="1", me={"id": "user_1"}, login="ok"),
        "tasks": answering(),
    }
    options = RouterOptions(http=http or HttpOptions(), policies=policies or PolicySet())
    async with running(Router(SUPERGRAPH, clients, options)) as client:
        yield client


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


async def test_a_query_is_answered() -> None:
    async with served() as client:
        response = await client.post("/graphql", json={"query": "{ version }"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == {"data": {"version": "1"}}


async def test_a_query_is_answered_over_get() -> None:
    async with served() as client:
        response = await client.get(
            "/graphql",
            params={
                "query": "query($a: Boolean!) { version @include(if: $a) }",
                "variables": '{"a": true}',
            },
        )
    assert response.json() == {"data": {"version": "1"}}


async def test_a_mutation_over_get_is_refused() -> None:
    auth = answering(login="ok")
    async with served(auth) as client:
        response = await client.get("/graphql", params={"query": 'mutation { login(name: "x") }'})
    assert response.status_code == 405
    assert codes(response) == ["METHOD_NOT_ALLOWED"]
    assert auth.requests == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ me {", "GRAPHQL_PARSE_FAILED"),
        ("{ me { usernme } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ _service { sdl } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int!) { tasks(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        ("query A { version } query B { version }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_the_media_type_decides_the_status_of_an_error(query: str, code: str) -> None:
    async with served() as client:
        strict = await client.post("/graphql", json={"query": query}, headers=STRICT)
        legacy = await client.post("/graphql", json={"query": query})
    assert (strict.status_code, legacy.status_code) == (400, 200)
    assert codes(strict)[0] == codes(legacy)[0] == code
    assert "data" not in strict.json()
    assert strict.headers["content-type"].startswith("application/graphql-response+json")


async def test_every_error_carries_the_request_id() -> None:
    async with served() as client:
        response = await client.post(
            "/graphql", json={"query": "{ a b }"}, headers={"x-request-id": "my-id"}
        )
    assert response.headers["x-request-id"] == "my-id"
    assert [error["extensions"]["requestId"] for error in response.json()["errors"]] == [
        "my-id",
        "my-id",
    ]


async def test_a_harmful_request_id_is_replaced() -> None:
    async with served() as client:
        response = await client.post(
            "/graphql", json={"query": "{ version }"}, headers={"x-request-id": "a b\t<script>"}
        )
    assert len(response.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "BAD_REQUEST"),
        (b"", "application/json", 400, "BAD_REQUEST"),
        (b"\xff\xfe", "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "\xff"}', "application/json", 400, "BAD_REQUEST"),
        (b"3", "application/json", 400, "BAD_REQUEST"),
        (b"{}", "application/json", 400, "BAD_REQUEST"),
        (b'{"query": 3}', "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "{a}", "variables": []}', "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "{a}", "operationName": {}}', "application/json", 400, "BAD_REQUEST"),
        (b'{"query": "{a}", "variables": {"a": NaN}}', "application/json", 400, "BAD_REQUEST"),
        (b"[" * 100_000, "application/json", 400, "BATCH_NOT_ALLOWED"),
        (b'{"a":' * 50_000, "application/json", 400, "BAD_REQUEST"),
        (b'[{"query": "{ version }"}]', "application/json", 400, "BATCH_NOT_ALLOWED"),
        (b"query=x", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"query": "{ version }"}', "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"query": "' + b"a" * 2**20 + b'"}', "application/json", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
async def test_what_is_no_graphql_request_is_refused(
    body: bytes, content_type: str, status: int, code: str
) -> None:
    async with served() as client:
        response = await client.post(
            "/graphql", content=body, headers={"content-type": content_type}
        )
    assert (response.status_code, codes(response)) == (status, [code])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"query": "{a}"', "Bad request: the body is not JSON: it ends too early."),
        (b'{"query" "{a}"}', "Bad request: the body is not JSON: expected ':' (byte 9)."),
        (b'{"query": "\xff"}', "Bad request: the body is not JSON: a string is not UTF-8."),
        (
            b'{"query": "{a}", "variables": "x"}',
            "Bad request: `variables` must be an object or null, not a string.",
        ),
        (b"3", "Bad request: the body must be an object, not a number."),
    ],
)
async def test_a_refusal_says_what_is_wrong_with_a_body_and_where(
    body: bytes, message: str
) -> None:
    async with served() as client:
        response = await client.post(
            "/graphql", content=body, headers={"content-type": "application/json"}
        )
    assert response.json()["errors"][0]["message"] == message


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_named_in_allow(method: str) -> None:
    async with served() as client:
        response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_an_answer_nobody_accepts_is_refused() -> None:
    async with served() as client:
        response = await client.post(
            "/graphql", json={"query": "{ version }"}, headers={"accept": "text/html"}
        )
    assert (response.status_code, codes(response)) == (406, ["NOT_ACCEPTABLE"])


async def test_a_compressed_body_is_read_within_the_limit() -> None:
    small = gzip.compress(b'{"query": "{ version }"}')
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    async with served() as client:
        assert (await client.post("/graphql", content=small, headers=headers)).status_code == 200
        refused = await client.post("/graphql", content=bomb, headers=headers)
        broken = await client.post("/graphql", content=small[:-9], headers=headers)
        unknown = await client.post(
            "/graphql", content=b"x", headers={**headers, "content-encoding": "br"}
        )
    assert codes(refused) == ["PAYLOAD_TOO_LARGE"]
    assert codes(broken) == ["BAD_REQUEST"]
    assert (unknown.status_code, codes(unknown)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


async def test_answers_are_compressed_for_clients_that_accept_it() -> None:
    options = HttpOptions(compression_min_bytes=100)
    async with served(answering(version="x" * 1000), options) as client:
        request = client.build_request("POST", "/graphql", json={"query": "{ version }"})
        response = await client.send(request, stream=True)
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "accept-encoding"
    assert len(raw) < 200
    assert json.loads(zlib.decompress(raw, 31))["data"]["version"] == "x" * 1000


async def test_batches_are_answered_in_order_where_they_are_allowed() -> None:
    batch = [{"query": "{ version }"}, {"query": "{ nope }"}, {"query": "{ __typename }"}]
    async with served(http=HttpOptions(max_batch=3)) as client:
        answers = (await client.post("/graphql", json=batch)).json()
        too_many = await client.post("/graphql", json=batch * 2)
    assert answers[0] == {"data": {"version": "1"}}
    assert answers[1]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert answers[2] == {"data": {"__typename": "Query"}}
    assert codes(too_many) == ["BATCH_NOT_ALLOWED"]


async def test_a_batch_does_not_multiply_guesses() -> None:
    limits = Limits(single_mutations=frozenset({"login"}))
    auth = answering(login="ok")
    login = {"query": 'mutation { login(name: "x") }'}
    http = HttpOptions(max_batch=5)
    async with served(auth, http, PolicySet(limits=limits)) as client:
        answers = (await client.post("/graphql", json=[login, login, login])).json()
        again = await client.post("/graphql", json=login)
    assert "errors" not in answers[0]
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers[1:]] == [
        "BATCH_NOT_ALLOWED"
    ] * 2
    assert again.json() == {"data": {"login": "ok"}}
    assert len(auth.requests) == 2


async def test_operations_are_registered_by_hash_over_get() -> None:
    query = "{ version }"
    extensions = {
        "persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}
    }
    async with served() as client:
        unknown = await client.get("/graphql", params={"extensions": json.dumps(extensions)})
        await client.post("/graphql", json={"query": query, "extensions": extensions})
        known = await client.get("/graphql", params={"extensions": json.dumps(extensions)})
    assert (unknown.status_code, codes(unknown)) == (200, ["PERSISTED_QUERY_NOT_FOUND"])
    assert known.json() == {"data": {"version": "1"}}


async def test_operations_of_a_manifest_are_named_by_id() -> None:
    policies = PolicySet(persisted=PersistedOperations({"v": "{ version }"}, is_required=True))
    async with served(policies=policies) as client:
        relay = await client.post("/graphql", json={"doc_id": "v", "variables": {}})
        draft = await client.get("/graphql", params={"documentId": "v"})
        other = await client.post("/graphql", json={"query": "{ __typename }"}, headers=STRICT)
    assert relay.json() == draft.json() == {"data": {"version": "1"}}
    assert (other.status_code, codes(other)) == (400, ["OPERATION_NOT_ALLOWED"])


async def test_pages_of_other_origins_are_let_in_by_name() -> None:
    http = HttpOptions(cors=Cors(["https://app.example"]))
    async with served(http=http) as client:
        preflight = await client.options(
            "/graphql",
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization, content-type",
            },
        )
        foreign = await client.options("/graphql", headers={"origin": "https://evil.example"})
        answer = await client.post(
            "/graphql", json={"query": "{ version }"}, headers={"origin": "https://app.example"}
        )
    assert preflight.status_code == 204
    assert "content-length" not in preflight.headers
    assert preflight.headers["access-control-allow-origin"] == "https://app.example"
    assert preflight.headers["access-control-allow-headers"] == "authorization, content-type"
    assert "access-control-allow-origin" not in foreign.headers
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in answer.headers


async def test_the_endpoint_has_its_path_with_and_without_a_slash_and_is_named_elsewhere() -> None:
    async with served() as client:
        slash = await client.post("/graphql/", json={"query": "{ version }"})
        missed = [
            await client.post("/", json={"query": "{ version }"}),
            await client.post("/api", json={"query": "{ version }"}),
            await client.get("/favicon.ico"),
        ]
    assert slash.json() == {"data": {"version": "1"}}
    assert {answer.status_code for answer in missed} == {404}
    assert {answer.text.strip() for answer in missed} == {
        "Nothing is here: the GraphQL endpoint is /graphql."
    }


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        ("http://localhost:5173", True),
        ("http://localhost", True),
        ("https://localhost:5173", False),
        ("http://localhost:5173.evil.example", False),
        ("http://localhost.evil.example:5173", False),
        ("http://localhost:", False),
        ("null", False),
    ],
)
async def test_pages_of_every_port_of_a_host_are_let_in(origin: str, is_allowed: bool) -> None:
    http = HttpOptions(cors=Cors(["http://localhost:*"]))
    async with served(http=http) as client:
        answer = await client.options("/graphql", headers={"origin": origin})
    assert answer.headers.get("access-control-allow-origin") == (origin if is_allowed else None)


async def test_a_slow_operation_is_given_up() -> None:
    auth = answering(version="1")
    auth.delay_s = 30
    async with served(auth, policies=PolicySet(timeout_s=0.05)) as client:
        response = await client.post("/graphql", json={"query": "{ version }"})
    assert (response.status_code, codes(response)) == (504, ["TIMEOUT"])


async def test_more_requests_than_the_router_takes_are_shed() -> None:
    auth = answering(version="1")
    auth.delay_s = 0.05
    async with served(auth, HttpOptions(max_concurrent_requests=2)) as client:
        responses = await asyncio.gather(
            *(client.post("/graphql", json={"query": f"{{ a{n}: version }}"}) for n in range(5))
        )
    assert sorted(response.status_code for response in responses) == [200, 200, 503, 503, 503]
    shed = next(response for response in responses if response.status_code == 503)
    assert codes(shed) == ["SERVICE_OVERLOADED"]
    assert shed.headers["retry-after"] == "1"


async def test_introspection_can_be_off() -> None:
    async with served(policies=PolicySet(allows_introspection=False)) as client:
        for query in (
            "{ __schema { queryType { name } } }",
            '{ a: __type(name: "User") { name } }',
            "{ ...F } fragment F on Query { __schema { queryType { name } } }",
        ):
            response = await client.post("/graphql", json={"query": query}, headers=STRICT)
            assert (response.status_code, codes(response)) == (400, ["INTROSPECTION_DISABLED"])
        response = await client.post("/graphql", json={"query": "{ __typename }"})
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_suggestions_can_be_off() -> None:
    async with served() as client:
        loud = await client.post("/graphql", json={"query": "{ versoin }"})
    async with served(policies=PolicySet(hides_suggestions=True)) as client:
        quiet = await client.post("/graphql", json={"query": "{ versoin }"})
    assert "version" in loud.json()["errors"][0]["message"]
    assert "version" not in quiet.json()["errors"][0]["message"]


async def test_messages_of_subgraphs_are_masked_but_not_their_codes() -> None:
    def answer(_: Any) -> dict[str, Any]:
        return {
            "data": {"version": None, "me": None},
            "errors": [
                {"message": "db at 10.0.0.3 is down", "path": ["version"]},
                {
                    "message": "Log in.",
                    "path": ["me"],
                    "extensions": {
                        "code": "UNAUTHENTICATED",
                        "reason": "TOKEN_EXPIRED",
                        "sql": "x",
                    },
                },
            ],
        }

    async with served(StubSubgraph(answer)) as client:
        response = await client.post("/graphql", json={"query": "{ version me { id } }"})
    assert response.status_code == 200
    first, second = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert first == {
        "message": "Internal server error",
        "path": ["version"],
        "extensions": {"service": "auth", "code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }
    assert second["message"] == "Log in."
    assert second["extensions"] == {
        "code": "UNAUTHENTICATED",
        "service": "auth",
        "reason": "TOKEN_EXPIRED",
        "requestId": request_id,
    }


async def test_the_wait_of_a_field_stands_in_retry_after_too() -> None:
    def answer(_: Any) -> dict[str, Any]:
        extensions = {"code": "RATE_LIMITED", "retryAfter": 900}
        return {
            "data": {"login": None},
            "errors": [{"message": "Wait.", "path": ["login"], "extensions": extensions}],
        }

    async with served(StubSubgraph(answer)) as client:
        response = await client.post("/graphql", json={"query": 'mutation { login(name: "x") }'})
    assert response.status_code == 200
    assert response.headers["retry-after"] == "900"


async def test_too_many_requests_are_refused_with_headers() -> None:
    rates = RateLimits(anonymous=Rate(3, 60), user=None, fields={"Mutation.login": Rate(1, 60)})
    auth = answering(login="ok", version="1")
    async with served(auth, policies=PolicySet(rate_limits=rates)) as client:
        login = {"query": 'mutation { ...F } fragment F on Mutation { login(name: "x") }'}
        first = await client.post("/graphql", json=login)
        second = await client.post("/graphql", json=login)
        third = await client.post("/graphql", json={"query": "{ version }"})
        fourth = await client.post("/graphql", json={"query": "{ version }"})
    assert first.headers["ratelimit-remaining"] == "2"
    assert (second.status_code, codes(second)) == (429, ["RATE_LIMITED"])
    assert third.json() == {"data": {"version": "1"}}
    assert (fourth.status_code, codes(fourth)) == (429, ["RATE_LIMITED"])
    assert 1 <= int(fourth.headers["retry-after"]) <= 60
    assert len(auth.requests) == 2


async def test_limits_hold_before_any_subgraph_is_asked() -> None:
    auth = answering(me=None)
    policies = PolicySet(limits=Limits(max_aliases=15, max_depth=10, max_cost=2000))
    deep = "{ me { " + "tasks { nodes { owner { " * 3 + "id" + " } } }" * 3 + " } }"
    wide = "{ " + " ".join(f"a{n}: me {{ id }}" for n in range(16)) + " }"
    dear = "{ tasks(first: 100) { nodes { owner { tasks(first: 100) { nodes { id title } } } } } }"
    async with served(auth, policies=policies) as client:
        answers = [
            await client.post("/graphql", json={"query": query}, headers=STRICT)
            for query in (deep, wide, dear)
        ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]
    errors = [answer.json()["errors"][0]["extensions"] for answer in answers]
    assert [(error["code"], error["limit"]) for error in errors] == [
        ("QUERY_TOO_DEEP", 10),
        ("TOO_MANY_ALIASES", 15),
        ("QUERY_TOO_COMPLEX", 2000),
    ]
    assert all(
        type(error["actual"]) is int and error["actual"] > error["limit"] for error in errors
    )
    assert auth.requests == []
