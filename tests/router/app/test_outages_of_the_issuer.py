"""A router as the command line wires it, while the issuer of tokens comes and goes."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from router.app.build import build_router
from router.settings import load_settings
from tests.router.policies.accounts_supergraph import SDL
from tests.support.asgi import running
from tests.support.token_issuer import AUDIENCE, ISSUER, TokenIssuer
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx

    from router import Router


class IssuerServer:
    """The issuer's two addresses on a port of its own; refuses connections while it is down."""

    def __init__(self) -> None:
        self.issuer = TokenIssuer()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._answer, sock=self._socket.dup())

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        address = self._socket.getsockname()
        self._socket.close()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(address)

    def close(self) -> None:
        self._socket.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split()[1].decode()
        body = self.issuer.publish(ISSUER + path)
        writer.write(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )
        writer.close()


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers, root.level)
    yield
    root.handlers, root.level = before


@asynccontextmanager
async def wired(
    issuer: IssuerServer, folder: Path
) -> AsyncIterator[tuple[Router, httpx.AsyncClient]]:
    path = folder / "supergraph.graphql"
    path.write_text(SDL)
    settings = load_settings(
        supergraph=path,
        jwks_url=f"{issuer.url}/.well-known/jwks.json",
        revocations_url=f"{issuer.url}/revocations",
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        subgraph_urls={"auth": "http://127.0.0.1:9", "tasks": "http://127.0.0.1:9"},
        log_operations=False,
    )
    router = build_router(settings)
    async with running(router) as client:
        yield router, client


async def reason(client: httpx.AsyncClient, token: str) -> str:
    """Why the protected field is refused; "asked" when its subgraph is asked for it."""
    response = await client.post(
        "/graphql",
        json={"query": "{ tasks { totalCount } __typename }"},
        headers={"authorization": f"Bearer {token}"},
    )
    answer: dict[str, Any] = response.json()
    assert answer["data"] == {"tasks": None, "__typename": "Query"}
    extensions = answer["errors"][0]["extensions"]
    if extensions["code"] == "SUBGRAPH_UNAVAILABLE":
        return "asked"
    return str(extensions.get("reason", extensions["code"]))


def gauge(router: Router, name: str) -> float:
    families = text_string_to_metric_families(router.metrics.text().decode())
    return next(family.samples[0].value for family in families if family.name == name)


async def test_keys_that_come_late_are_taken_when_they_come(tmp_path: Path) -> None:
    server = IssuerServer()
    token = server.issuer.token("user_1")
    async with wired(server, tmp_path) as (_, client):
        assert await reason(client, token) == "SERVICE_OVERLOADED"
        assert await reason(client, "nonsense") == "TOKEN_INVALID"
        assert (await client.get("/health/ready")).status_code == 200
        await server.start()

        async def is_good() -> bool:
            return await reason(client, token) == "asked"

        await eventually(is_good, within_s=10)
        await server.stop()
        assert await reason(client, token) == "asked"
        assert await reason(client, server.issuer.token("user_2")) == "asked"
    server.close()


async def test_the_last_list_of_ended_sessions_stays_while_the_issuer_is_away(
    tmp_path: Path,
) -> None:
    server = IssuerServer()
    await server.start()
    ended = server.issuer.token("user_1", sid="sess_1")
    good = server.issuer.token("user_2", sid="sess_2")
    async with wired(server, tmp_path) as (router, client):
        assert await reason(client, ended) == "asked"
        server.issuer.end_sessions(["sess_1"])

        async def is_refused() -> bool:
            return await reason(client, ended) == "SESSION_ENDED"

        await eventually(is_refused, within_s=10)
        assert gauge(router, "router_revocations_age_seconds") < 10
        await server.stop()
        began = time.monotonic()

        async def is_old() -> bool:
            return gauge(router, "router_revocations_age_seconds") > 1.5

        await eventually(is_old, within_s=10)
        assert time.monotonic() - began > 0.9
        assert await reason(client, ended) == "SESSION_ENDED"
        assert await reason(client, good) == "asked"
        server.issuer.end_sessions(["sess_2"])
        assert await reason(client, good) == "asked"
        await server.start()

        async def is_told() -> bool:
            return await reason(client, good) == "SESSION_ENDED"

        await eventually(is_told, within_s=10)
    server.close()
