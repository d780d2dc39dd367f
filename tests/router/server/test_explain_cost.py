"""What an operation costs, told to clients that ask, and what is left of a rate limit."""

from __future__ import annotations

from typing import Any

import pytest

from router import Router, RouterOptions
from router.policies.limits import Limits
from router.policies.policy_set import PolicySet
from router.policies.rate_limit import Rate, RateLimits
from router.server.graphql_http import HttpOptions
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import answering
from tests.support.asgi import running

SUPERGRAPH = accounts_supergraph()
QUERY = "query($n: Int) { me { id friends(first: $n) { id } } }"
ASKED = {"x-explain-cost": "1"}


def router(policies: PolicySet, **http: Any) -> Router:
    me = {"id": "user_1", "friends": [{"id": "user_2"}, {"id": "user_3"}]}
    clients = {"auth": answering(me=me), "tasks": answering()}
    return Router(SUPERGRAPH, clients, RouterOptions(policies=policies, http=HttpOptions(**http)))


@pytest.mark.parametrize("max_cost", [None, 100])
async def test_a_client_that_asks_is_told_the_cost(max_cost: int | None) -> None:
    policies = PolicySet(limits=Limits(max_cost=max_cost))
    async with running(router(policies)) as client:
        body = {"query": QUERY, "variables": {"n": 50}}
        plain = (await client.post("/graphql", json=body)).json()
        asked = (await client.post("/graphql", json=body, headers=ASKED)).json()
    assert plain.keys() == {"data"}
    assert asked["data"] == plain["data"]
    limit = {} if max_cost is None else {"limit": max_cost}
    assert asked["extensions"] == {"cost": {"estimated": 51, "actual": 3, **limit}}


async def test_an_introspection_has_its_flat_price() -> None:
    async with running(router(PolicySet())) as client:
        body = {"query": "{ __schema { types { name } } }"}
        answer = (await client.post("/graphql", json=body, headers=ASKED)).json()
    assert answer["extensions"] == {"cost": {"estimated": 100, "actual": 100}}


@pytest.mark.parametrize(
    ("explains", "header"), [(False, "1"), (True, "0"), (True, "yes"), (True, "")]
)
async def test_others_are_told_nothing(*, explains: bool, header: str) -> None:
    async with running(router(PolicySet(explains_cost=explains))) as client:
        response = await client.post(
            "/graphql", json={"query": QUERY}, headers={"x-explain-cost": header}
        )
    assert response.json().keys() == {"data"}


RATE = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


async def test_every_answer_tells_what_is_left_of_the_limit() -> None:
    policies = PolicySet(rate_limits=RateLimits(anonymous=Rate(4, 60), user=None))
    async with running(router(policies, max_batch=2)) as client:
        responses = [
            await client.post("/graphql", json=body)
            for body in (
                {"query": "{ me { id } }"},
                {"query": "{ nothing }"},
                [{"query": "{ me { id } }"}, {"query": "{ me { id } }"}],
                {"query": "{ me { id } }"},
            )
        ]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    told = [[response.headers[name] for name in RATE[:2]] for response in responses]
    assert told == [["4", "3"], ["4", "2"], ["4", "0"], ["4", "0"]]
    refused = responses[-1]
    retry_after = int(refused.headers["retry-after"])
    assert 57 <= retry_after <= 60
    assert int(refused.headers["ratelimit-reset"]) == retry_after
    assert refused.json()["errors"][0]["extensions"]["retryAfter"] == retry_after


async def test_a_refused_part_of_a_batch_is_told_in_its_place() -> None:
    policies = PolicySet(rate_limits=RateLimits(anonymous=Rate(1, 60), user=None))
    async with running(router(policies, max_batch=2)) as client:
        response = await client.post("/graphql", json=[{"query": "{ me { id } }"}] * 2)
    first, second = response.json()
    assert "errors" not in first
    assert second["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
