"""A running auth subgraph per test, on a database of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from auth_subgraph.app import create_app
from auth_subgraph.migrations import FOLDER
from auth_subgraph.settings import AuthSettings
from subgraph_kit.database import Database
from subgraph_kit.durations import RateLimit
from subgraph_kit.migrations import upgrade
from tests.auth_subgraph.graph import AuthGraph
from tests.support.asgi import running
from tests.support.databases import EMPTY, Databases

WIDE = RateLimit(100_000, 60)

StartAuth = Callable[..., AbstractAsyncContextManager[AuthGraph]]


async def migrate(url: str) -> None:
    await upgrade(url, FOLDER)


@pytest.fixture(scope="session")
def shared_database_url(databases: Databases) -> str:
    """One database for all tests of this process; each finds it empty."""
    return databases.url("auth", migrate)


@pytest.fixture
async def database(shared_database_url: str) -> AsyncIterator[Database]:
    database = Database(shared_database_url, application_name="test", pool_size=3)
    await database.fetch(EMPTY)
    yield database
    await database.close()


@pytest.fixture
def database_url(database: Database, shared_database_url: str) -> str:
    return shared_database_url


@pytest.fixture
def start_auth(database: Database, database_url: str, tmp_path: Path) -> StartAuth:
    """Start an auth subgraph with settings of the test's own; all share one key file."""

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[AuthGraph]:
        used = settings_for(database_url, tmp_path, **settings)
        async with running(create_app(used)) as http:
            yield AuthGraph(http, database, used)

    return start


@pytest.fixture
async def auth(start_auth: StartAuth) -> AsyncIterator[AuthGraph]:
    async with start_auth() as graph:
        yield graph


def settings_for(database_url: str, folder: Path, **settings: Any) -> AuthSettings:
    """Cheap hashes and wide limits, unless the test says otherwise."""
    values: dict[str, Any] = {
        "database_url": SecretStr(database_url),
        "jwt_private_key_file": folder / "key.json",
        "argon2_memory_kib": 8,
        "argon2_time": 1,
        "trusted_proxies": ("127.0.0.1",),
        "login_failures_per_account_ip": WIDE,
        "login_failures_per_account": WIDE,
        "login_per_ip": WIDE,
        "register_per_ip": WIDE,
        "refresh_per_ip": WIDE,
    }
    return AuthSettings(**(values | settings))
