"""The auth subgraph as its callers see it, with what tests arrange behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt

from auth_subgraph.domain.accounts import User, UserRole, UserStatus
from auth_subgraph.persistence.key_file import read_key_file
from auth_subgraph.services.signing import Keys, TokenSigner
from auth_subgraph.settings import AuthSettings
from subgraph_kit.database import Database
from subgraph_kit.ids import parse_id

PASSWORD = "correct horse battery"

REGISTER = """
mutation Register($input: RegisterInput!) {
  register(input: $input) {
    user { id username email role status lastLoginAt }
    tokens { accessToken tokenType expiresIn refreshToken refreshTokenExpiresAt }
    userErrors { code path message }
  }
}
"""
LOGIN = """
mutation Login($identifier: String!, $password: String!) {
  login(input: { identifier: $identifier, password: $password }) {
    user { id }
    tokens { accessToken tokenType expiresIn refreshToken }
    userErrors { code path message }
  }
}
"""
REFRESH = """
mutation Refresh($token: String!) {
  refreshTokens(input: { refreshToken: $token }) {
    tokens { accessToken refreshToken expiresIn }
    userErrors { code path }
  }
}
"""


@dataclass(slots=True)
class Person:
    """A user with a session."""

    id: str
    username: str
    token: str
    refresh_token: str

    @property
    def uuid(self) -> UUID:
        uuid = parse_id("user", self.id)
        assert uuid is not None
        return uuid

    @property
    def session_id(self) -> str:
        claims: dict[str, Any] = jwt.decode(self.token, options={"verify_signature": False})
        return str(claims["sid"])


@dataclass(slots=True)
class AuthGraph:
    http: httpx.AsyncClient
    database: Database
    settings: AuthSettings

    async def post(
        self,
        operation: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        address: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The whole answer."""
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if address is not None:
            sent["x-forwarded-for"] = address
        response = await self.http.post(
            "/graphql", json={"query": operation, "variables": variables or {}}, headers=sent
        )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def data(
        self, operation: str, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> Any:
        """The data of an answer without errors."""
        answer = await self.post(operation, variables, **options)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error(
        self, operation: str, variables: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The extensions of the only error of an answer."""
        answer = await self.post(operation, variables, **options)
        assert len(answer.get("errors", ())) == 1, answer
        extensions: dict[str, Any] = answer["errors"][0]["extensions"]
        return extensions

    async def register(self, username: str = "alice", password: str = PASSWORD) -> Person:
        values = {"email": f"{username}@example.com", "username": username, "password": password}
        payload = (await self.data(REGISTER, {"input": values}))["register"]
        assert payload["userErrors"] == []
        return _person(username, payload)

    async def register_code(self, username: str) -> str | None:
        """What a registration was refused for; None when it succeeded."""
        values = {"email": f"{username}@example.com", "username": username, "password": PASSWORD}
        return _code(await self.post(REGISTER, {"input": values}), "register")

    async def administrator(self, username: str = "root") -> Person:
        """Registered, promoted behind the scenes, logged in again."""
        person = await self.register(username)
        await self.database.fetch("UPDATE users SET role = 'ADMIN' WHERE id = $1", person.uuid)
        return await self.log_in(username)

    async def log_in(self, identifier: str, password: str = PASSWORD, **options: Any) -> Person:
        payload = await self.login(identifier, password, **options)
        assert payload["userErrors"] == [], payload
        return _person(identifier, payload)

    async def login(self, identifier: str, password: str, **options: Any) -> dict[str, Any]:
        """The payload of a login."""
        data = await self.data(LOGIN, {"identifier": identifier, "password": password}, **options)
        payload: dict[str, Any] = data["login"]
        return payload

    async def login_code(self, identifier: str, password: str, **options: Any) -> str | None:
        """What a login was refused for; None when it succeeded."""
        answer = await self.post(LOGIN, {"identifier": identifier, "password": password}, **options)
        return _code(answer, "login")

    async def refresh(self, refresh_token: str, **options: Any) -> dict[str, Any]:
        """The payload of a refresh."""
        data = await self.data(REFRESH, {"token": refresh_token}, **options)
        payload: dict[str, Any] = data["refreshTokens"]
        return payload

    async def refresh_code(self, refresh_token: str) -> str | None:
        """What a refresh was refused for; None when it succeeded."""
        return _code(await self.post(REFRESH, {"token": refresh_token}), "refreshTokens")

    async def me_reason(self, token: str) -> str | None:
        """Why `me` refuses a token; None when it takes it."""
        answer = await self.post("{ me { id } }", token=token)
        return answer["errors"][0]["extensions"]["reason"] if "errors" in answer else None

    async def user_error_codes(self, field: str, operation: str, **options: Any) -> list[str]:
        payload = (await self.data(operation, **options))[field]
        return [error["code"] for error in payload["userErrors"]]

    async def audited(self) -> list[str]:
        """Kinds of the audit trail, oldest first."""
        rows = await self.database.fetch("SELECT kind FROM audit_events ORDER BY id")
        return [row["kind"] for row in rows]

    async def events(self, type_: str) -> list[dict[str, Any]]:
        """Data of the events of a type in the outbox, oldest first."""
        rows = await self.database.fetch(
            "SELECT data::text FROM outbox WHERE type = $1 ORDER BY id", type_
        )
        return [json.loads(row["data"]) for row in rows]

    def signer(self, ttl: timedelta = timedelta(minutes=15)) -> TokenSigner:
        """Signs tokens as the subgraph does."""
        path = self.settings.jwt_private_key_file
        assert path is not None
        return TokenSigner(
            Keys(read_key_file(path)),
            issuer=self.settings.jwt_issuer,
            audience=self.settings.jwt_audience,
            access_token_ttl=ttl,
        )

    def token_of(self, person: Person, *, issued: datetime, ttl: timedelta) -> str:
        """An access token of the person's session, made at another time."""
        session_id = parse_id("sess", person.session_id)
        assert session_id is not None
        user = User(
            id=person.uuid,
            username=person.username,
            email="",
            role=UserRole.USER,
            status=UserStatus.ACTIVE,
            created_at=issued,
            updated_at=issued,
            last_login_at=None,
        )
        return self.signer(ttl).access_token(user, session_id, issued)

    def expired_token_of(self, person: Person) -> str:
        """One minute past `exp`: beyond the leeway."""
        issued = datetime.now(UTC) - timedelta(minutes=16)
        return self.token_of(person, issued=issued, ttl=timedelta(minutes=15))


def _person(username: str, payload: dict[str, Any]) -> Person:
    return Person(
        id=payload["user"]["id"],
        username=username,
        token=payload["tokens"]["accessToken"],
        refresh_token=payload["tokens"]["refreshToken"],
    )


def _code(answer: dict[str, Any], field: str) -> str | None:
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    errors = answer["data"][field]["userErrors"]
    return str(errors[0]["code"]) if errors else None
