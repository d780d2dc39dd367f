"""Health and metrics of a worker, which answers nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

from subgraph_kit.health import health_routes
from subgraph_kit.metrics import metrics_routes

if TYPE_CHECKING:
    from subgraph_kit.database import Database


async def serve_worker_health(host: str, port: int, database: Database) -> None:
    """Serve `/health/live`, `/health/ready` and `/metrics` until cancelled."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health_routes({"database": database.ping}))
    app.include_router(metrics_routes())
    server = uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_config=None, lifespan="off")
    )
    try:
        await server._serve()  # noqa: SLF001 - `serve` would take over the signal handlers
    finally:
        if server.started:
            await server.shutdown()
