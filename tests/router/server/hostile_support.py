"""A router over the accounts supergraph, set up by one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from router import Router, RouterOptions
from router.policies.policy_set import PolicySet
from router.server.graphql_http import HttpOptions
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import StubSubgraph, answering

if TYPE_CHECKING:
    import httpx

SUPERGRAPH = accounts_supergraph()


def router(auth: StubSubgraph | None = None, **options: Any) -> Router:
    clients = {
        "auth": auth or answering(version="1", login="t", me={"id": "user_1"}),
        "tasks": answering(),
    }
    http = HttpOptions(**options.pop("http", {}))
    return Router(SUPERGRAPH, clients, RouterOptions(http=http, policies=PolicySet(**options)))


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]
