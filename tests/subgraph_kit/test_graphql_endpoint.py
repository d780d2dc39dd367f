"""The endpoint as a router sees it: what is refused, and with which status."""

import asyncio
import json
from typing import Any

import httpx
import pytest
import strawberry
from graphql import FieldNode, GraphQLError, ValidationRule

from subgraph_kit.client_address import TrustedProxies
from subgraph_kit.errors import BadUserInputError
from subgraph_kit.graphql_endpoint import GraphQLEndpoint
from subgraph_kit.request_context import RequestContext, RequestReader
from subgraph_kit.tokens import Authenticator, TokenVerifier


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: strawberry.Info[RequestContext, None], name: str = "you") -> str:
        return f"hello {name} from {info.context.client_address}"

    @strawberry.field
    def refuses(self) -> str | None:
        raise BadUserInputError("name", "Not this name.")

    @strawberry.field
    def breaks(self) -> str | None:
        raise ValueError("postgresql://user:secret@host")

    @strawberry.field
    async def waits(self) -> str | None:
        await asyncio.Event().wait()
        return "never"


class NoGoodbye(ValidationRule):
    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value == "hello" and node.alias and node.alias.value == "goodbye":
            self.report_error(GraphQLError("No.", node, extensions={"code": "BATCH_NOT_ALLOWED"}))


class NoKeys:
    version = 0

    async def find(self, key_id: str) -> None:
        return None


FRAGMENT_CHAIN = "{ ...F0 }" + "".join(
    f" fragment F{number} on Query {{ ...F{number + 1} }}" for number in range(2_000)
)


def client(**options: Any) -> httpx.AsyncClient:
    verifier = TokenVerifier(NoKeys(), issuer="i", audience="a")
    reader = RequestReader(Authenticator(verifier), TrustedProxies(["127.0.0.1"]))
    endpoint = GraphQLEndpoint(
        strawberry.Schema(Query), service="test", requests=reader, extra_rules=[NoGoodbye],
        **{"context": lambda request: request, **options},
    )  # fmt: skip
    transport = httpx.ASGITransport(app=endpoint)
    return httpx.AsyncClient(transport=transport, base_url="http://subgraph")


async def post(http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await http.post("/graphql", json=body, headers={"x-request-id": "r1"})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


async def test_an_operation_is_answered() -> None:
    async with client() as http:
        answer = await post(
            http, query="query A($n: String!) { hello(name: $n) } query B { hello }",
            operationName="A", variables={"n": "Ann"},
        )  # fmt: skip

    assert answer == {"data": {"hello": "hello Ann from 127.0.0.1"}}


@pytest.mark.parametrize(
    ("query", "code", "has_data"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED", False),
        ("{ hello " * 5_000, "GRAPHQL_PARSE_FAILED", False),
        ("{ " + "hello " * 20_001 + "}", "GRAPHQL_PARSE_FAILED", False),
        (FRAGMENT_CHAIN, "GRAPHQL_VALIDATION_FAILED", False),
        ("{ helo }", "GRAPHQL_VALIDATION_FAILED", False),
        ("{ goodbye: hello }", "BATCH_NOT_ALLOWED", False),
        ("query($n: String!) { hello(name: $n) }", "BAD_USER_INPUT", False),
        ("query A { hello } query B { hello }", "BAD_USER_INPUT", False),
        ("{ refuses }", "BAD_USER_INPUT", True),
        ("{ breaks }", "INTERNAL_SERVER_ERROR", True),
    ],
)
async def test_an_error_has_its_code_and_the_request_id(
    query: str, code: str, has_data: bool
) -> None:
    async with client() as http:
        for _ in range(2):  # the second time from the cache
            answer = await post(http, query=query)
            assert ("data" in answer) is has_data
            assert answer["errors"][0]["extensions"]["code"] == code
            assert answer["errors"][0]["extensions"]["requestId"] == "r1"
            assert "secret" not in json.dumps(answer)


async def test_an_operation_that_takes_too_long_is_ended() -> None:
    async with client(timeout_s=0.05) as http:
        answer = await post(http, query="{ waits }")

    assert answer["errors"][0]["extensions"]["code"] == "TIMEOUT"


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"method": "GET"}, 405, "METHOD_NOT_ALLOWED"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415,
         "UNSUPPORTED_MEDIA_TYPE"),
        ({"content": b"{"}, 400, "BAD_REQUEST"),
        ({"content": b"{}"}, 400, "BAD_REQUEST"),
        ({"content": b'{"query": 1}'}, 400, "BAD_REQUEST"),
        ({"content": b'{"query": "{ hello }", "variables": []}'}, 400, "BAD_REQUEST"),
        ({"content": b'\xff{"query": "{ hello }"}'}, 400, "BAD_REQUEST"),
        ({"content": b'[{"query": "{ hello }"}]'}, 400, "BATCH_NOT_ALLOWED"),
        ({"content": b'{"query": "%s"}' % (b"x" * 2000)}, 413, "PAYLOAD_TOO_LARGE"),
    ],
)  # fmt: skip
async def test_what_is_no_graphql_request_is_refused(
    request_: dict[str, Any], status: int, code: str
) -> None:
    arguments = {"method": "POST", "headers": {"content-type": "application/json"}, **request_}
    async with client(max_body_bytes=1000) as http:
        response = await http.request(url="/graphql", **arguments)

    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == code


async def test_a_fault_of_ours_is_an_answer_too() -> None:
    def broken(_request: RequestContext) -> object:
        raise ZeroDivisionError("secret")

    async with client(context=broken) as http:
        response = await http.post("/graphql", json={"query": "{ hello }"})

    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in response.text


async def test_introspection_can_be_switched_off() -> None:
    async with client(is_introspection_allowed=False) as http:
        answer = await post(http, query="{ __schema { queryType { name } } }")
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"

    async with client() as http:
        answer = await post(http, query="{ __schema { queryType { name } } }")
    assert answer == {"data": {"__schema": {"queryType": {"name": "Query"}}}}
