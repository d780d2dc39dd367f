"""Both subgraphs on `subgraph_kit`, as auth and tasks are: its endpoint, entities and database.

`python -m benchmarks.end_to_end.our_subgraphs tasks|users`.
"""

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Optional

import strawberry
import uvicorn
from fastapi import FastAPI

from benchmarks.end_to_end.data import TaskPriority, TaskStatus, first_number
from benchmarks.end_to_end.task_types import Task, TaskOwner, TaskPage
from subgraph_kit.application import SubgraphApplication
from subgraph_kit.client_address import TrustedProxies
from subgraph_kit.database import Database
from subgraph_kit.entities import BatchingSchema
from subgraph_kit.graphql_endpoint import GraphQLEndpoint
from subgraph_kit.health import health_routes
from subgraph_kit.ids import digits_of_id, format_id
from subgraph_kit.request_context import RequestContext, RequestReader
from subgraph_kit.tokens import Authenticator, TokenVerifier


@dataclass(slots=True)
class Context:
    request: RequestContext
    database: Database


Info = strawberry.Info[Context, None]

_STATUSES = tuple(TaskStatus)
_PRIORITIES = tuple(TaskPriority)

_PAGE = """
SELECT id, owner_id, title, status, priority, created_at FROM tasks
WHERE number >= $1 ORDER BY number LIMIT $2
"""
_USERS = "SELECT id, username, email FROM users WHERE id = ANY($1::text::uuid[])"


@strawberry.type
class TasksQuery:
    @strawberry.field
    async def tasks(self, info: Info, page: str, first: int) -> TaskPage:
        rows = await info.context.database.fetch(_PAGE, first_number(page), first)
        return TaskPage(
            page=page,
            nodes=[
                Task(
                    id=strawberry.ID(format_id("task", id_)),
                    title=title,
                    status=_STATUSES[status],
                    priority=_PRIORITIES[priority],
                    created_at=created_at,
                    owner=TaskOwner(id=strawberry.ID(format_id("user", owner_id))),
                )
                for id_, owner_id, title, status, priority, created_at in rows
            ],
        )


@strawberry.federation.type(keys=["id"])
class User:
    id: strawberry.ID
    username: str
    email: str

    @classmethod
    async def resolve_references(cls, info: Info, ids: Sequence[str]) -> list[Optional["User"]]:
        digits = [digits_of_id("user", id_) for id_ in ids]
        wanted = ",".join(its for its in digits if its is not None)
        rows = await info.context.database.fetch(_USERS, f"{{{wanted}}}")
        found = {
            user_id.hex: cls(
                id=strawberry.ID(format_id("user", user_id)), username=name, email=email
            )
            for user_id, name, email in rows
        }
        return [None if its is None else found.get(its) for its in digits]


@strawberry.type
class UsersQuery:
    @strawberry.field
    async def user(self, info: Info, id: strawberry.ID) -> User | None:  # noqa: A002
        (found,) = await User.resolve_references(info, [id])
        return found


SCHEMAS = {
    "tasks": BatchingSchema(TasksQuery, federation_version="2.3"),
    "users": BatchingSchema(UsersQuery, types=[User], federation_version="2.3"),
}


class NoKeys:
    """Nobody sends a token here."""

    version = 0

    async def find(self, _key_id: str) -> None:
        return None


def create_app(name: str, database_url: str) -> SubgraphApplication:
    database = Database(database_url, application_name=name)
    verifier = TokenVerifier(NoKeys(), issuer="", audience="")
    endpoint = GraphQLEndpoint(
        SCHEMAS[name],
        service=name,
        requests=RequestReader(Authenticator(verifier), TrustedProxies(())),
        context=lambda request: Context(request, database),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await database.close()

    return SubgraphApplication(endpoint, health_routes({}), lifespan=lifespan)


if __name__ == "__main__":
    variables = os.environ  # noqa: TID251 - the benchmark's own children
    uvicorn.run(
        create_app(sys.argv[1], variables["DATABASE_URL"]),
        port=int(variables["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )
