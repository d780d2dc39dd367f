"""A client of the running stack, and two people with accounts."""

from collections.abc import AsyncIterator

import pytest

from devstack.stack import Stack
from tests.support.graph_client import GraphClient, Person


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[GraphClient]:
    async with GraphClient(stack.router_url) as opened:
        yield opened


@pytest.fixture
async def alice(client: GraphClient) -> Person:
    return await client.register()


@pytest.fixture
async def bob(client: GraphClient) -> Person:
    return await client.register()
