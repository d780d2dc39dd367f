"""Operations with variables in `@skip` and `@include`: made ready for the values that are sent."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from router import Router
from router.execution import Variant
from tests.router.policies.accounts_supergraph import SDL
from tests.router.server.stub_subgraphs import answering

OPERATION = """query ($version: Boolean!, $me: Boolean!) {
    version @include(if: $version) me @include(if: $me) { id }
}"""
BOTH = {"version": "1", "me": {"id": "u1"}}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The thread in which each variant was made."""
    threads: list[int] = []

    class Watched(Variant):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            threads.append(threading.get_ident())
            super().__init__(*arguments, **named)

    monkeypatch.setattr("router.execution.execute.Variant", Watched)
    return threads


async def ask(router: Router, **values: bool) -> Any:
    return (await router.execute(OPERATION, values))["data"]


async def test_each_set_of_values_is_made_ready_once_and_not_on_the_event_loop(
    made: list[int],
) -> None:
    async with Router(SDL, {"auth": answering(**BOTH), "tasks": answering()}) as router:
        first = await asyncio.gather(*(ask(router, version=True, me=False) for _ in range(5)))
        second = await ask(router, version=False, me=True)
        again = await ask(router, version=True, me=False)

    assert first == [{"version": "1"}] * 5
    assert second == {"me": {"id": "u1"}}
    assert again == first[0]
    assert len(made) == 2
    assert threading.get_ident() not in made


async def test_no_more_is_kept_than_there_is_room_for(
    made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.pipeline.engine._MAX_VARIANT_CHARACTERS", 150)  # room for one
    async with Router(SDL, {"auth": answering(**BOTH), "tasks": answering()}) as router:
        for _ in range(2):
            assert await ask(router, version=True, me=True) == BOTH
            assert await ask(router, version=True, me=True) == BOTH
            assert await ask(router, version=False, me=False) == {}

    assert len(made) == 4
