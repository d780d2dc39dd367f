"""A thousand requests that mean no good: each gets an answer, and the router stays as it was."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from router import Router, RouterOptions
from router.policies.limits import Limits
from router.policies.policy_set import PolicySet
from router.server.graphql_http import HttpOptions
from tests.router.policies.accounts_supergraph import accounts_supergraph
from tests.router.server.stub_subgraphs import answering
from tests.support.asgi import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

SUPERGRAPH = accounts_supergraph()
LIMITS = Limits(
    max_depth=10, max_aliases=15, max_root_fields=20, max_tokens=2000, max_cost=2000, max_fields=500
)

_GOOD = b'{"query": "query($n: Int) { tasks(first: $n) { totalCount } }", "variables": {"n": 1}}'


def bodies(chance: random.Random) -> Iterator[bytes]:
    """Endless bodies, nearly all of them bad in one way or another."""
    while True:
        yield chance.choice(_KINDS)(chance)


def _cut(chance: random.Random) -> bytes:
    return _GOOD[: chance.randrange(len(_GOOD))]


def _flipped(chance: random.Random) -> bytes:
    body = bytearray(_GOOD)
    for _ in range(chance.randrange(1, 6)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def _noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(300))


def _nested_json(chance: random.Random) -> bytes:
    depth = chance.randrange(1, 5000)
    opening, closing = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    inner = opening * depth + b"1" + closing * depth
    return b'{"query": "{ version }", "variables": {"v": ' + inner + b"}}"


def _query(text: str) -> bytes:
    return json.dumps({"query": text}).encode()


def _nested_query(chance: random.Random) -> bytes:
    depth = chance.randrange(1, 500)
    return _query("{ me " * depth + "{ id }" + " }" * depth)


def _fragments(chance: random.Random) -> bytes:
    count = chance.randrange(2, 60)
    spreads = " ".join(
        f"fragment F{number} on Query {{ ...F{number + 1} a{number}: version ...F{number + 1} }}"
        for number in range(count)
    )
    end = chance.choice(["version", "...F0", "...Gone"])
    return _query(f"{{ ...F0 }} {spreads} fragment F{count} on Query {{ {end} }}")


def _wrong_types(chance: random.Random) -> bytes:
    value = chance.choice([None, 1, True, [], {}, "x", 1.5, [1], {"a": 1}])
    key = chance.choice(["query", "variables", "operationName", "extensions"])
    return json.dumps({"query": "{ version }", key: value}).encode()


def _wrong_variables(chance: random.Random) -> bytes:
    value: object = chance.choice([None, "x", 2**40, -1, 1.5, [[]], {"a": {}}, True, "\ud800"])
    return json.dumps(
        {"query": "query($n: Int!) { tasks(first: $n) { totalCount } }", "variables": {"n": value}}
    ).encode()


def _persisted(chance: random.Random) -> bytes:
    value: object = chance.choice(
        [None, 1, {}, {"version": 2}, {"sha256Hash": "0" * 64, "version": 1}]
    )
    return json.dumps({"extensions": {"persistedQuery": value}}).encode()


def _syntax(chance: random.Random) -> bytes:
    words = ["{", "}", "(", ")", "query", "fragment", "on", "...", "$a", "@x", "!", '"', '"""', "#"]
    return _query(" ".join(chance.choice(words) for _ in range(chance.randrange(60))))


_KINDS: list[Callable[[random.Random], bytes]] = [
    _cut,
    _flipped,
    _noise,
    _nested_json,
    _nested_query,
    _fragments,
    _wrong_types,
    _wrong_variables,
    _persisted,
    _syntax,
]


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_thousand_bad_requests_are_answered_each(seed: int) -> None:
    chance = random.Random(seed)
    some = bodies(chance)
    options = RouterOptions(policies=PolicySet(limits=LIMITS), http=HttpOptions(max_batch=0))
    router = Router(SUPERGRAPH, {"auth": answering(version="1"), "tasks": answering()}, options)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(running(router))

        async def send(body: bytes) -> httpx.Response:
            accept = chance.choice(["application/json", "application/graphql-response+json"])
            return await client.post(
                "/graphql",
                content=body,
                headers={"content-type": "application/json", "accept": accept},
            )

        for _ in range(20):
            responses = await asyncio.gather(*(send(next(some)) for _ in range(25)))
            for response in responses:
                answer = response.json()
                assert response.status_code < 500, (response.request.content, answer)
                for error in answer.get("errors", []):
                    assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR", (
                        response.request.content
                    )
        healthy = await send(b'{"query": "{ version }"}')
        assert healthy.json() == {"data": {"version": "1"}}
        assert router.endpoint.in_flight == 0
        assert not router.pipeline.deadlines.running
