"""Both subgraphs as the tutorials of Strawberry and SQLAlchemy would write them.

FastAPI's GraphQLRouter, a session and ORM objects for each request, a DataLoader for entities,
default settings throughout: `python -m benchmarks.end_to_end.default_subgraphs tasks|users`.
"""

import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
import uvicorn
from fastapi import Depends, FastAPI
from sqlalchemy import DateTime, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from strawberry.dataloader import DataLoader
from strawberry.fastapi import GraphQLRouter

from benchmarks.end_to_end.data import TaskPriority, TaskStatus, first_number
from benchmarks.end_to_end.task_types import Task, TaskOwner, TaskPage


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's form


class TaskRow(Base):
    __tablename__ = "tasks"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    owner_id: Mapped[UUID]
    title: Mapped[str]
    status: Mapped[int]
    priority: Mapped[int]
    created_at: Mapped[datetime]


class UserRow(Base):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str]
    email: Mapped[str]


@strawberry.type
class TasksQuery:
    @strawberry.field
    async def tasks(self, info: strawberry.Info, page: str, first: int) -> TaskPage:
        start = first_number(page)
        rows = await info.context["session"].scalars(
            select(TaskRow).where(TaskRow.number >= start).order_by(TaskRow.number).limit(first)
        )
        return TaskPage(page=page, nodes=[to_task(row) for row in rows])


def to_task(row: TaskRow) -> Task:
    return Task(
        id=strawberry.ID(f"task_{row.id.hex}"),
        title=row.title,
        status=TaskStatus(row.status),
        priority=TaskPriority(row.priority),
        created_at=row.created_at,
        owner=TaskOwner(id=strawberry.ID(f"user_{row.owner_id.hex}")),
    )


@strawberry.federation.type(keys=["id"])
class User:
    id: strawberry.ID
    username: str
    email: str

    @classmethod
    async def resolve_reference(cls, info: strawberry.Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        row = await info.context["users"].load(UUID(id.removeprefix("user_")))
        return None if row is None else cls(id=id, username=row.username, email=row.email)


@strawberry.type
class UsersQuery:
    @strawberry.field
    async def user(self, info: strawberry.Info, id: strawberry.ID) -> User | None:  # noqa: A002
        return await User.resolve_reference(info, id)


SCHEMAS = {
    "tasks": strawberry.federation.Schema(TasksQuery, federation_version="2.3"),
    "users": strawberry.federation.Schema(UsersQuery, types=[User], federation_version="2.3"),
}


def create_app(name: str, database_url: str) -> FastAPI:
    sessions = async_sessionmaker(create_async_engine(database_url))

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    async def context(session: Annotated[AsyncSession, Depends(session)]) -> dict[str, Any]:
        async def load_users(ids: list[UUID]) -> list[UserRow | None]:
            rows = await session.scalars(select(UserRow).where(UserRow.id.in_(ids)))
            by_id = {row.id: row for row in rows}
            return [by_id.get(id_) for id_ in ids]

        return {"session": session, "users": DataLoader(load_users)}

    app = FastAPI()
    app.include_router(GraphQLRouter(SCHEMAS[name], context_getter=context), prefix="/graphql")
    return app


if __name__ == "__main__":
    variables = os.environ  # noqa: TID251 - the benchmark's own children
    uvicorn.run(
        create_app(sys.argv[1], variables["DATABASE_URL"]),
        port=int(variables["PORT"]),
        access_log=False,
        log_level="warning",
    )
