"""Work of one supergraph that must not hold up the event loop."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from router.pipeline.engine import Engine
from tests.router.policies.accounts_supergraph import accounts_supergraph


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    engine = Engine(accounts_supergraph(), {})
    may_end = threading.Event()
    done: list[str] = []

    def work(name: str) -> None:
        may_end.wait(5)
        done.append(name)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        asked = [
            tasks.create_task(engine.once(name, partial(work, name)))
            for name in ("begun", "left", "left", "kept", "kept")
        ]
        await asyncio.sleep(0)
        for task in asked[1:-1]:
            task.cancel()
        await asyncio.sleep(0)
        may_end.set()
    assert done == ["begun", "kept"]
    engine.close()


async def test_equal_work_is_done_once_and_its_error_told_to_all() -> None:
    engine = Engine(accounts_supergraph(), {})
    runs = []

    def fail() -> None:
        runs.append(1)
        raise KeyError

    results = await asyncio.gather(
        *(engine.once("key", fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [KeyError] * 3
    assert len(runs) == 1
    with pytest.raises(KeyError):
        await engine.once("key", fail)
    assert len(runs) == 2
    engine.close()
