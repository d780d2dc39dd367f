"""The revocation feed, for everybody who verifies our tokens."""

import structlog
from fastapi import APIRouter, Request, Response

from auth_subgraph.services.revocation_feed import RevocationFeed
from subgraph_kit.errors import DATABASE_AWAY

log = structlog.get_logger()


def revocation_routes(feed: RevocationFeed) -> APIRouter:
    """`/revocations`: a signed list with an ETag, 304 while it stays the same."""
    router = APIRouter()

    @router.get("/revocations")
    async def revocations(request: Request) -> Response:
        try:
            current = await feed.current()
        except DATABASE_AWAY as error:  # verifiers keep the last list
            log.warning("the revocation list cannot be read", reason=repr(error))
            return Response(status_code=503, headers={"Retry-After": "1"})
        headers = {"ETag": current.etag, "Cache-Control": "no-cache"}
        if current.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(current.token, media_type="application/jwt", headers=headers)

    return router
