"""Liveness and readiness for orchestrators, one page for people."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse

log = structlog.get_logger()

ReadinessCheck = Callable[[], Awaitable[None]]
"""Returns when all is well, raises otherwise."""

_CHECK_TIMEOUT_S = 2.0


def health_routes(checks: Mapping[str, ReadinessCheck]) -> APIRouter:
    """`/` and `/health/live` answer while the process runs, `/health/ready` when it can serve.

    Args:
        checks: What this service needs, by name; all are asked at once.
    """
    router = APIRouter()

    @router.get("/")
    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        outcomes = await asyncio.gather(*(_outcome(name, check) for name, check in checks.items()))
        failures = {name: reason for name, reason in outcomes if reason is not None}
        if failures:
            return JSONResponse({"status": "unavailable", "failures": failures}, status_code=503)
        return JSONResponse({"status": "ok"})

    return router


async def _outcome(name: str, check: ReadinessCheck) -> tuple[str, str | None]:
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever fails, the answer is "not ready"
        log.warning("not ready", check=name, reason=repr(error))
        return name, type(error).__name__
    return name, None
