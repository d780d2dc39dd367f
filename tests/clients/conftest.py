"""Somebody with an account, registered by the plain client."""

import pytest

from devstack.stack import Stack
from tests.support.graph_client import GraphClient, Person


@pytest.fixture
async def alice(stack: Stack) -> Person:
    async with GraphClient(stack.router_url) as client:
        return await client.register()
