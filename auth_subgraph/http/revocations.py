"""The revocation feed, for everybody who verifies our tokens."""

from fastapi import APIRouter, Request, Response

from auth_subgraph.services.revocation_feed import RevocationFeed


def revocation_routes(feed: RevocationFeed) -> APIRouter:
    """`/revocations`: a signed list with an ETag, 304 while it stays the same."""
    router = APIRouter()

    @router.get("/revocations")
    async def revocations(request: Request) -> Response:
        current = await feed.current()
        headers = {"ETag": current.etag, "Cache-Control": "no-cache"}
        if current.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(current.token, media_type="application/jwt", headers=headers)

    return router
