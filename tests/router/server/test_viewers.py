"""What viewers with and without good tokens get, from the token to the answer."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from router import Router, RouterOptions
from router.errors import SubgraphError
from router.policies.authentication import Authentication, Issuer
from router.policies.jwks import KeySet
from router.policies.policy_set import AuthorizationMode, PolicyCheck, PolicySet
from router.policies.revocations import Revocations
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import StubSubgraph, answering
from tests.support.asgi import running
from tests.support.token_issuer import (
    AUDIENCE,
    ISSUER,
    JWKS_URL,
    REVOCATIONS_URL,
    TokenIssuer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from router.execution import SubgraphRequest, SubgraphResponse
    from router.policies.identity import Viewer

SUPERGRAPH = accounts_supergraph()


class Server:
    """A router that checks tokens, its stub subgraphs, and a client for it."""

    def __init__(self, client: httpx.AsyncClient, issuer: TokenIssuer) -> None:
        self.client = client
        self.issuer = issuer

    async def ask(self, query: str, token: str | None = None) -> dict[str, Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        response = await self.client.post("/graphql", json={"query": query}, headers=headers)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer


@asynccontextmanager
async def serving(
    auth: StubSubgraph | None = None,
    tasks: StubSubgraph | None = None,
    mode: AuthorizationMode = "null",
    policy_check: PolicyCheck | None = None,
) -> AsyncIterator[Server]:
    issuer = TokenIssuer()
    async with issuer.client() as web:
        keys = KeySet(JWKS_URL, web, time.monotonic)
        revocations = Revocations(REVOCATIONS_URL, web, keys, issuer=ISSUER, audience=AUDIENCE)
        authentication = Authentication([Issuer(ISSUER, AUDIENCE, "at+jwt", keys, revocations)])
        policies = PolicySet(
            authentication=authentication, authorization=mode, policy_check=policy_check
        )
        clients = {"auth": auth or answering(), "tasks": tasks or answering()}
        router = Router(SUPERGRAPH, clients, RouterOptions(policies=policies))
        async with running(router) as client:
            yield Server(client, issuer)


def denials(answer: dict[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    found = []
    for error in answer["errors"]:
        extensions = dict(error["extensions"])
        assert extensions.pop("requestId")
        found.append((error.get("path"), extensions))
    return found


async def test_an_expired_token_is_told_by_router_and_subgraph_alike() -> None:
    def answer(_: SubgraphRequest) -> dict[str, Any]:
        extensions = {"code": "UNAUTHENTICATED", "reason": "TOKEN_EXPIRED"}
        return {
            "data": {"me": None},
            "errors": [{"message": "Expired", "path": ["me"], "extensions": extensions}],
        }

    tasks = answering()
    async with serving(StubSubgraph(answer), tasks) as server:
        token = server.issuer.token("user_1", exp=int(time.time()) - 90)
        result = await server.ask("{ me { id } tasks { nodes { id } } }", token)
    assert result["data"] == {"me": None, "tasks": None}
    expired = {"code": "UNAUTHENTICATED", "reason": "TOKEN_EXPIRED"}
    assert denials(result) == [(["me"], {**expired, "service": "auth"}), (["tasks"], expired)]
    assert tasks.requests == []


@pytest.mark.parametrize(
    ("token", "reason"), [("nonsense", "TOKEN_INVALID"), (None, "TOKEN_MISSING")]
)
async def test_a_protected_field_is_null_with_the_reason(token: str | None, reason: str) -> None:
    async with serving() as server:
        result = await server.ask("{ tasks { nodes { id } } }", token)
    assert result["data"] == {"tasks": None}
    assert denials(result) == [(["tasks"], {"code": "UNAUTHENTICATED", "reason": reason})]


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "", None])
async def test_a_bad_token_never_blocks_public_fields(token: str | None) -> None:
    auth = answering(login="token", version="1")
    async with serving(auth) as server:
        assert await server.ask('mutation { login(name: "x") }', token) == {
            "data": {"login": "token"}
        }
        assert await server.ask("{ version }", token) == {"data": {"version": "1"}}
    sent = dict(auth.requests[0].headers).get("authorization")
    assert sent == (None if token is None else f"Bearer {token}")


async def test_a_missing_scope_is_forbidden_and_the_rest_is_answered() -> None:
    async with serving(answering(me={"username": "alice"})) as server:
        result = await server.ask(
            "{ me { username } users { totalCount } }", server.issuer.token("user_1")
        )
    assert result["data"] == {"me": {"username": "alice"}, "users": None}
    assert denials(result) == [
        (["users"], {"code": "FORBIDDEN", "requiredScopes": [["users:read"]]})
    ]


async def test_viewers_with_other_rights_share_no_plan() -> None:
    auth = answering(users={"totalCount": 3})
    async with serving(auth) as server:
        allowed = server.issuer.token("user_1", scopes="users:read")
        for _ in range(2):
            refused = await server.ask("{ users { totalCount } }", server.issuer.token("user_2"))
            answered = await server.ask("{ users { totalCount } }", allowed)
            assert refused["data"] == {"users": None}
            assert answered == {"data": {"users": {"totalCount": 3}}}


async def test_a_denied_field_that_may_not_be_null_takes_its_parent() -> None:
    async with serving(answering(me={"id": "user_1"}, version="1")) as server:
        result = await server.ask("{ me { id email } version }", server.issuer.token("user_1"))
    assert result["data"] == {"me": None, "version": "1"}
    assert denials(result) == [
        (
            ["me", "email"],
            {"code": "FORBIDDEN", "requiredScopes": [["account", "mail"], ["users:read"]]},
        )
    ]


async def test_a_denied_field_in_a_list_is_told_at_each_place() -> None:
    nodes = [{"__typename": "User", "id": "1"}, {"__typename": "Task", "id": "2", "note": "n"}]
    async with serving(tasks=answering(nodes=nodes)) as server:
        result = await server.ask('{ nodes(ids: ["1", "2"]) { id note } }')
    assert result["data"] == {"nodes": [{"id": "1", "note": None}, {"id": "2", "note": "n"}]}
    assert [path for path, _ in denials(result)] == [["nodes", 0, "note"]]


async def test_an_ended_session_is_refused() -> None:
    async with serving() as server:
        server.issuer.end_sessions(["sess_1"])
        options = server.client._transport.app.options  # type: ignore[attr-defined]
        await options.policies.authentication.issuers[0].revocations.poll()
        result = await server.ask("{ tasks { totalCount } }", server.issuer.token("user_1"))
    assert denials(result) == [(["tasks"], {"code": "UNAUTHENTICATED", "reason": "SESSION_ENDED"})]


async def test_whole_operations_can_be_refused_instead() -> None:
    auth = answering(me={"id": "user_1"})
    async with serving(auth, mode="refuse") as server:
        response = await server.client.post(
            "/graphql",
            json={"query": "{ me { id } tasks { totalCount } }"},
            headers={"accept": "application/graphql-response+json"},
        )
    assert response.status_code == 401
    assert "data" not in response.json()
    assert response.json()["errors"][0]["extensions"]["field"] == "Query.tasks"
    assert auth.requests == []


async def test_a_refused_operation_may_come_again_when_there_are_keys() -> None:
    async with serving(mode="refuse") as server:
        server.issuer.is_up = False
        response = await server.client.post(
            "/graphql",
            json={"query": "{ tasks { totalCount } }"},
            headers={"authorization": f"Bearer {server.issuer.token('user_1')}"},
        )
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["errors"][0]["extensions"]["code"] == "SERVICE_OVERLOADED"


async def test_a_policy_is_decided_by_a_function() -> None:
    async def auditors(
        names: frozenset[str], viewer: Viewer | None, headers: object
    ) -> frozenset[str]:
        assert names == {"auditor"}
        return names if viewer is not None and viewer.user_id == "user_7" else frozenset()

    async with serving(answering(report="r"), policy_check=auditors) as server:
        allowed = await server.ask("{ report }", server.issuer.token("user_7"))
        refused = await server.ask("{ report }", server.issuer.token("user_8"))
    assert allowed == {"data": {"report": "r"}}
    assert denials(refused) == [(["report"], {"code": "FORBIDDEN"})]


class DownSubgraph(StubSubgraph):
    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        raise SubgraphError(request.subgraph, "unreachable", "connection refused")


async def test_an_outage_costs_only_the_fields_of_its_subgraph() -> None:
    tasks = answering(
        tasks={"nodes": [{"title": "a", "owner": {"__typename": "User", "id": "1"}}] * 2}
    )
    down = DownSubgraph(lambda _: {})
    async with serving(down, tasks) as server:
        token = server.issuer.token("user_1")
        result = await server.ask("{ tasks { nodes { title owner { username } } } }", token)
    assert result["data"] == {"tasks": {"nodes": [{"title": "a", "owner": None}] * 2}}
    assert [extensions for _, extensions in denials(result)] == [
        {"code": "SUBGRAPH_UNAVAILABLE", "service": "auth"}
    ]
