"""The same answer by REST: two FastAPI services, and a gateway that asks both with httpx.

The gateway asks for the page of tasks, then once for all of its owners:
`python -m benchmarks.end_to_end.rest tasks|users|gateway`.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import httpx
import uvicorn
from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.end_to_end.data import TaskPriority, TaskStatus, first_number
from benchmarks.end_to_end.default_subgraphs import TaskRow, UserRow


class Task(BaseModel):
    id: str
    title: str
    status: str
    priority: str
    createdAt: datetime  # noqa: N815 - the name on the wire
    ownerId: str  # noqa: N815


class User(BaseModel):
    id: str
    username: str
    email: str


class TaskWithOwner(BaseModel):
    id: str
    title: str
    status: str
    priority: str
    createdAt: datetime  # noqa: N815
    owner: User | None


class TaskPage(BaseModel):
    page: str
    nodes: list[TaskWithOwner]


def service(database_url: str) -> FastAPI:
    sessions = async_sessionmaker(create_async_engine(database_url))

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    app = FastAPI()

    @app.get("/tasks")
    async def tasks(
        page: str, first: int, session: Annotated[AsyncSession, Depends(session)]
    ) -> list[Task]:
        start = first_number(page)
        rows = await session.scalars(
            select(TaskRow).where(TaskRow.number >= start).order_by(TaskRow.number).limit(first)
        )
        return [
            Task(
                id=f"task_{row.id.hex}",
                title=row.title,
                status=TaskStatus(row.status).name,
                priority=TaskPriority(row.priority).name,
                createdAt=row.created_at,
                ownerId=f"user_{row.owner_id.hex}",
            )
            for row in rows
        ]

    @app.get("/users")
    async def users(
        id: Annotated[list[str], Query()],  # noqa: A002 - the parameter's name
        session: Annotated[AsyncSession, Depends(session)],
    ) -> list[User]:
        ids = [UUID(user_id.removeprefix("user_")) for user_id in id]
        rows = await session.scalars(select(UserRow).where(UserRow.id.in_(ids)))
        return [
            User(id=f"user_{row.id.hex}", username=row.username, email=row.email) for row in rows
        ]

    return app


def gateway(tasks_url: str, users_url: str) -> FastAPI:
    client = httpx.AsyncClient(trust_env=False)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/tasks")
    async def tasks(page: str, first: int) -> TaskPage:
        answer = await client.get(f"{tasks_url}/tasks", params={"page": page, "first": first})
        found = [Task(**task) for task in answer.json()]
        owner_ids = list(dict.fromkeys(task.ownerId for task in found))
        answer = await client.get(f"{users_url}/users", params={"id": owner_ids})
        owners = {user["id"]: User(**user) for user in answer.json()}
        return TaskPage(
            page=page,
            nodes=[
                TaskWithOwner(**task.model_dump(exclude={"ownerId"}), owner=owners[task.ownerId])
                for task in found
            ],
        )

    return app


if __name__ == "__main__":
    variables = os.environ  # noqa: TID251 - the benchmark's own children
    uvicorn.run(
        gateway(variables["TASKS_URL"], variables["USERS_URL"])
        if sys.argv[1] == "gateway"
        else service(variables["DATABASE_URL"]),
        port=int(variables["PORT"]),
        access_log=False,
        log_level="warning",
    )
