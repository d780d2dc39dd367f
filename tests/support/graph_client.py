"""A client of the router as a frontend developer has one: one URL, JSON in, JSON out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx

PASSWORD = "correct horse battery"

REGISTER = """
mutation Register($input: RegisterInput!) {
  register(input: $input) {
    user { id username email role status lastLoginAt }
    tokens { accessToken tokenType expiresIn refreshToken refreshTokenExpiresAt }
    userErrors { code path message }
  }
}"""

LOGIN = """
mutation Login($input: LoginInput!) {
  login(input: $input) {
    user { id }
    tokens { accessToken tokenType expiresIn refreshToken }
    userErrors { code path }
  }
}"""

CREATE_TASK = """
mutation Create($input: CreateTaskInput!) {
  createTask(input: $input) { task { id title version dueAt } userErrors { code path } }
}"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with short ways to what tests look at."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def partial_data(self) -> Any:
        return self.body.get("data")

    @property
    def errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.body.get("errors", [])
        return errors

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account and one session."""

    id: str
    username: str
    email: str
    access_token: str
    refresh_token: str


class GraphClient:
    """Sends operations; each client comes from an address of its own unless a header says else."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=20)
        self._address = random_address()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._client.aclose()

    @property
    def http(self) -> httpx.AsyncClient:
        return self._client

    async def send(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"x-forwarded-for": self._address, **(headers or {})}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        response = await self._client.post(
            "/graphql", json={"query": operation, "variables": variables or {}}, headers=sent
        )
        return Answer(response.status_code, response.headers, response.json())

    async def register(self, username: str | None = None, password: str = PASSWORD) -> Person:
        """A new person, with a name nobody has unless one is given."""
        username = username or f"u{secrets.token_hex(6)}"
        email = f"{username}@example.com"
        answer = await self.send(
            REGISTER, {"input": {"email": email, "username": username, "password": password}}
        )
        payload = answer.data["register"]
        assert payload["userErrors"] == []
        tokens = payload["tokens"]
        return Person(
            id=payload["user"]["id"],
            username=username,
            email=email,
            access_token=tokens["accessToken"],
            refresh_token=tokens["refreshToken"],
        )

    async def login(self, identifier: str, password: str = PASSWORD) -> dict[str, Any]:
        """The payload of `login`."""
        answer = await self.send(LOGIN, {"input": {"identifier": identifier, "password": password}})
        payload: dict[str, Any] = answer.data["login"]
        return payload

    async def create_task(self, person: Person, title: str, **values: Any) -> dict[str, Any]:
        """The new task of a person."""
        answer = await self.send(
            CREATE_TASK, {"input": {"title": title, **values}}, token=person.access_token
        )
        payload = answer.data["createTask"]
        assert payload["userErrors"] == []
        task: dict[str, Any] = payload["task"]
        return task


def random_address() -> str:
    return ".".join(["10", *(str(secrets.randbelow(254) + 1) for _ in range(3))])
