"""One running stack for all end-to-end tests: they are kept in one test process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devstack.stack import Stack
from tests.support.graph_client import GraphClient, Person
from tests.support.running_stack import running_stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("stack")
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def log_lines() -> list[str]:
    """What the parts of the stack have printed so far."""
    return []


@pytest.fixture(scope="session")
def stack(server_folder: Path, log_lines: list[str]) -> Iterator[Stack]:
    with running_stack(server_folder / "stack", log_lines) as running:
        yield running


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
