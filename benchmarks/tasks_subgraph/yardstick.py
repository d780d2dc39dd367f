"""The yardstick: the list of tasks as the tutorials of Strawberry and SQLAlchemy would write it.

Strawberry on FastAPI's GraphQLRouter, a session and ORM objects per request, PyJWT on every
request, default settings throughout. The types are those of the tasks subgraph as far as a list
needs them.
"""

import base64
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import httpx
import jwt
import strawberry
import uvicorn
from fastapi import Depends, FastAPI, Request
from sqlalchemy import DateTime, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from strawberry.fastapi import GraphQLRouter


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's form


class TaskRow(Base):
    __tablename__ = "tasks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID]
    title: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[int]
    priority: Mapped[int]
    due_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    is_trashed: Mapped[bool]
    version: Mapped[int]


@strawberry.enum
class TaskStatus(Enum):
    TODO = 0
    IN_PROGRESS = 1
    DONE = 2
    CANCELED = 3


@strawberry.enum
class TaskPriority(Enum):
    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4


@strawberry.federation.type(keys=["id"])
class User:
    id: strawberry.ID


@strawberry.federation.type(keys=["id"])
class Task:
    row: strawberry.Private[TaskRow]
    title: str
    description: str | None
    due_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(f"task_{self.row.id.hex}")

    @strawberry.field
    def status(self) -> TaskStatus:
        return TaskStatus(self.row.status)

    @strawberry.field
    def priority(self) -> TaskPriority:
        return TaskPriority(self.row.priority)

    @strawberry.field
    def is_completed(self) -> bool:
        return self.row.status == TaskStatus.DONE.value

    @strawberry.field
    def is_overdue(self) -> bool:
        due_at = self.row.due_at
        return due_at is not None and due_at < datetime.now(UTC) and self.row.status < 2

    @strawberry.field
    def owner(self) -> User:
        return User(id=strawberry.ID(f"user_{self.row.owner_id.hex}"))


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class TaskEdge:
    cursor: str
    node: Task


@strawberry.type
class TaskConnection:
    edges: list[TaskEdge]
    page_info: PageInfo
    owner_id: strawberry.Private[UUID]
    session: strawberry.Private[AsyncSession]

    @strawberry.field
    def nodes(self) -> list[Task]:
        return [edge.node for edge in self.edges]

    @strawberry.field
    async def total_count(self) -> int:
        statement = select(func.count()).where(
            TaskRow.owner_id == self.owner_id, TaskRow.is_trashed.is_(False)
        )
        return (await self.session.scalars(statement)).one()


def encode_cursor(row: TaskRow) -> str:
    value = json.dumps([row.created_at.isoformat(), str(row.id)])
    return base64.urlsafe_b64encode(value.encode()).decode()


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    created_at, row_id = json.loads(base64.urlsafe_b64decode(cursor))
    return datetime.fromisoformat(created_at), UUID(row_id)


@strawberry.type
class Query:
    @strawberry.field
    async def tasks(
        self, info: strawberry.Info, first: int = 20, after: str | None = None
    ) -> TaskConnection:
        owner_id, session = info.context["owner_id"], info.context["session"]
        statement = (
            select(TaskRow)
            .where(TaskRow.owner_id == owner_id, TaskRow.is_trashed.is_(False))
            .order_by(TaskRow.created_at.desc(), TaskRow.id.desc())
            .limit(first + 1)
        )
        if after is not None:
            statement = statement.where(
                tuple_(TaskRow.created_at, TaskRow.id) < decode_cursor(after)
            )
        rows = (await session.scalars(statement)).all()
        edges = [TaskEdge(cursor=encode_cursor(row), node=to_task(row)) for row in rows[:first]]
        return TaskConnection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=len(rows) > first,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            owner_id=owner_id,
            session=session,
        )


def to_task(row: TaskRow) -> Task:
    return Task(
        row=row,
        title=row.title,
        description=row.description,
        due_at=row.due_at,
        completed_at=row.completed_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        version=row.version,
    )


def create_app(database_url: str, jwks_url: str, issuer: str, audience: str) -> FastAPI:
    sessions = async_sessionmaker(create_async_engine(database_url))
    key = jwt.PyJWKSet.from_dict(httpx.get(jwks_url).json()).keys[0]

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    async def context(
        request: Request, session: Annotated[AsyncSession, Depends(session)]
    ) -> dict[str, Any]:
        token = request.headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, key, ["ES256"], audience=audience, issuer=issuer)
        return {"session": session, "owner_id": UUID(claims["sub"].removeprefix("user_"))}

    app = FastAPI()
    schema = strawberry.federation.Schema(Query)
    app.include_router(GraphQLRouter(schema, context_getter=context), prefix="/graphql")
    return app


if __name__ == "__main__":
    variables = os.environ  # noqa: TID251 - the same variables as the tasks subgraph
    uvicorn.run(
        create_app(
            variables["TASKS_DATABASE_URL"],
            variables["TASKS_JWKS_URL"],
            variables["TASKS_JWT_ISSUER"],
            variables["TASKS_JWT_AUDIENCE"],
        ),
        port=int(variables["TASKS_PORT"]),
        access_log=False,
        log_level="warning",
    )
