"""The public keys, for everybody who verifies our tokens."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from auth_subgraph.services.signing import Keys

_MAX_AGE_S = 300


def jwks_routes(keys: Keys) -> APIRouter:
    """`/.well-known/jwks.json`; a rotated key is in it long before it signs."""
    router = APIRouter()

    @router.get("/.well-known/jwks.json")
    async def jwks() -> JSONResponse:
        return JSONResponse(
            {"keys": keys.published()},
            headers={"Cache-Control": f"public, max-age={_MAX_AGE_S}"},
        )

    return router
