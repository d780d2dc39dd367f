"""Errors of subgraphs on their way to the client, whatever their parts are."""

from __future__ import annotations

from typing import Any

import pytest

from router import Router
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import StubSubgraph, answering
from tests.support.asgi import running


@pytest.mark.parametrize("odd", [None, True, 7, 1.5, [], ["x"], {}, {"a": [1]}])
async def test_an_odd_error_leaves_the_data_and_is_told_as_internal(odd: Any) -> None:
    error = {"message": odd, "path": odd, "extensions": {"code": odd, "retryAfter": odd}}
    auth = StubSubgraph(lambda _: {"data": {"version": "1"}, "errors": [error]})
    router = Router(accounts_supergraph(), {"auth": auth, "tasks": answering()})
    async with running(router) as client:
        response = await client.post("/graphql", json={"query": "{ version }"})
    assert response.status_code == 200
    answer = response.json()
    assert answer["data"] == {"version": "1"}
    assert [error["message"] for error in answer["errors"]] == ["Internal server error"]
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert response.headers.get("retry-after") == ("7" if odd == 7 else None)
