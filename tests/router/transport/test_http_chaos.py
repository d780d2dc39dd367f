"""A subgraph that does everything wrong at random: no request ever gets the answer of another."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from msgspec.structs import replace

from router.errors import SubgraphError
from router.transport import HttpSubgraph
from tests.router.transport.scripted_server import Peer, request, serving

REQUESTS = 400


class Misbehaving:
    """Echoes bodies, framed and cut at random; some answers never come to an end."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    async def __call__(self, peer: Peer, number: int) -> None:
        while True:
            body = (await peer.request()).partition(b"\r\n\r\n")[2]
            answer = self._framed(body + b" " * self._dice.choice([0, 0, 100, 70_000]))
            fate = self._dice.random()
            if fate < 0.05:
                return peer.reset()
            if fate < 0.1:
                answer = answer[: self._dice.randrange(len(answer))]
            elif fate < 0.15:
                answer += b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
            elif fate < 0.2:
                await asyncio.sleep(self._dice.random() * 0.1)
            cut = self._dice.randrange(len(answer) + 1)
            await peer.send(answer[:cut])
            await asyncio.sleep(0)
            await peer.send(answer[cut:])
            if fate < 0.1 or fate > 0.95:
                return peer.close()

    def _framed(self, body: bytes) -> bytes:
        framing = self._dice.randrange(4)
        if framing == 0:
            return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
                len(body),
                body,
            )
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" if framing == 1 else b""
        return interim + b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_answer_is_that_of_its_request(seed: int) -> None:
    dice = random.Random(seed)
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[str]] = []

    async def ask(http: HttpSubgraph, number: int) -> str:
        body = b'{"query":"%d"}' % number
        is_mutation = number % 5 == 0
        asked = replace(request(is_mutation=is_mutation, within_s=0.3), body=body)
        try:
            response = await http.send(asked)
        except SubgraphError as error:
            return error.failure
        assert response.body.rstrip() == body
        assert response.attempts == 1 or not is_mutation
        return "ok"

    async with serving(Misbehaving(dice)) as server:
        http = HttpSubgraph(server.url, max_connections=10, keepalive_s=0.05)
        try:
            async with asyncio.timeout(20):
                for start in range(0, REQUESTS, 40):
                    async with asyncio.TaskGroup() as group:
                        for number in range(start, start + 40):
                            tasks.append(group.create_task(ask(http, number)))
                            if dice.random() < 0.05:
                                loop.call_later(dice.random() * 0.02, tasks[-1].cancel)
        finally:
            await http.aclose()

    outcomes = Counter("cancelled" if task.cancelled() else task.result() for task in tasks)
    assert outcomes.keys() <= {"ok", "timeout", "unreachable", "cancelled"}
    assert outcomes["ok"] > REQUESTS / 2
