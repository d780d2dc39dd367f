"""A running tasks subgraph per test: real database, tokens of a test issuer, a clock of its own."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from subgraph_kit.database import Database
from subgraph_kit.ids import new_id
from subgraph_kit.migrations import upgrade
from tasks_subgraph.app import create_app
from tasks_subgraph.migrations import FOLDER
from tasks_subgraph.settings import TasksSettings
from tests.support.asgi import running
from tests.support.databases import EMPTY, Databases
from tests.support.token_issuer import AUDIENCE, ISSUER, JWKS_URL, REVOCATIONS_URL, TokenIssuer


class Clock:
    """The real time, until a test moves it."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._standing_at: datetime | None = None

    def __call__(self) -> datetime:
        return self._standing_at or datetime.now(UTC) + self._offset

    def stop_at(self, moment: datetime) -> None:
        self._standing_at = moment

    def forward(self, step: timedelta) -> None:
        self._offset += step


@dataclass(slots=True)
class Person:
    """A user with a token."""

    id: str
    token: str


@dataclass(slots=True)
class Subgraph:
    """A running subgraph as its callers see it, with what tests arrange behind it."""

    http: httpx.AsyncClient
    issuer: TokenIssuer
    database: Database
    database_url: str
    clock: Clock

    def person(self, **claims: Any) -> Person:
        user_id = new_id("user")
        return Person(user_id, self.issuer.token(user_id, **claims))

    async def post(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        *,
        viewer: Person | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The whole answer."""
        sent = dict(headers or {})
        if viewer is not None:
            sent["authorization"] = f"Bearer {viewer.token}"
        response = await self.http.post(
            "/graphql", json={"query": operation, "variables": variables or {}}, headers=sent
        )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def data(
        self, viewer: Person, operation: str, variables: Mapping[str, Any] | None = None
    ) -> Any:
        """The data of an answer without errors."""
        answer = await self.post(operation, variables, viewer=viewer)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def create(self, viewer: Person, **values: Any) -> dict[str, Any]:
        """A task with all its fields; a title is found when none is given."""
        payload = await self.data(viewer, CREATE_TASK, {"input": {"title": "A task", **values}})
        assert payload["createTask"]["userErrors"] == []
        task: dict[str, Any] = payload["createTask"]["task"]
        return task


TASK_FIELDS = """
fragment TaskFields on Task {
  id title description status isCompleted priority dueAt isOverdue completedAt
  createdAt updatedAt deletedAt version owner { id }
}
"""
CREATE_TASK = (
    """
mutation Create($input: CreateTaskInput!) {
  createTask(input: $input) { task { ...TaskFields } userErrors { code path message } }
}
"""
    + TASK_FIELDS
)


async def migrate(url: str) -> None:
    await upgrade(url, FOLDER)


StartSubgraph = Callable[..., AbstractAsyncContextManager[Subgraph]]


@pytest.fixture(scope="session")
def shared_database_url(databases: Databases) -> str:
    """One database for all tests of this process; each finds it empty."""
    return databases.url("tasks", migrate)


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
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start_subgraph(database: Database, database_url: str, clock: Clock) -> StartSubgraph:
    """Start a subgraph with settings of the test's own."""

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[Subgraph]:
        issuer = TokenIssuer()
        env = settings.pop("env", "development")  # production refuses the server's known password
        chosen = settings_for(database_url, **settings).model_copy(update={"env": env})
        app = create_app(chosen, client=issuer.client(), now=clock)
        async with running(app) as http:
            yield Subgraph(http, issuer, database, database_url, clock)

    return start


@pytest.fixture
async def subgraph(start_subgraph: StartSubgraph) -> AsyncIterator[Subgraph]:
    async with start_subgraph() as started:
        yield started


def settings_for(database_url: str, **settings: Any) -> TasksSettings:
    return TasksSettings(
        database_url=SecretStr(database_url),
        jwks_url=JWKS_URL,
        revocations_url=REVOCATIONS_URL,
        jwt_issuer=ISSUER,
        jwt_audience=AUDIENCE,
        cursor_key=SecretStr("a key for cursors in tests"),
        **settings,
    )
