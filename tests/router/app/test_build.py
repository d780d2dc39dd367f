"""Settings that reach the part they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from router.app.build import build_router
from router.errors import SubgraphError
from router.settings import load_settings
from tests.router.policies.accounts_supergraph import SDL
from tests.router.transport.scripted_server import Peer, request, serving

if TYPE_CHECKING:
    from pathlib import Path


async def test_an_answer_over_the_set_size_is_given_up(tmp_path: Path) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.answer(b"x" * 2000)

    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text(SDL)
    async with serving(script) as server:
        settings = load_settings(
            supergraph=supergraph,
            subgraph_urls={"tasks": server.url},
            subgraph_max_response="1000",
            log_operations=False,
        )
        async with build_router(settings) as router:
            with pytest.raises(SubgraphError, match="more than 1000 bytes"):
                await router.pipeline.engine.clients["tasks"].send(request())
