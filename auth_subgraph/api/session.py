"""`Session` and `AuthTokens`."""

from datetime import datetime
from uuid import UUID

import strawberry

from auth_subgraph.domain import sessions
from auth_subgraph.services.session_tokens import TokenPair
from subgraph_kit.ids import format_id
from subgraph_kit.types import Node


@strawberry.type(
    description=(
        "One login on one device. It lives as long as its refresh token is renewed, "
        "at most 30 days."
    )
)
class Session(Node):
    id: strawberry.ID = strawberry.field(
        description="Equal to the `sid` claim of the session's access tokens."
    )
    created_at: datetime
    last_used_at: datetime = strawberry.field(description="Last login or refresh.")
    expires_at: datetime = strawberry.field(
        description="When the session ends if it is not refreshed."
    )
    ip_address: str | None = strawberry.field(description="Address the session was last used from.")
    user_agent: str | None = strawberry.field(
        description="`User-Agent` of the last use, at most 256 characters."
    )
    is_current: bool = strawberry.field(
        description="Whether it is the session of the token this request was made with."
    )


@strawberry.type(description="A pair of tokens.")
class AuthTokens:
    access_token: str = strawberry.field(description="JWT. Send it as `Authorization: Bearer …`.")
    token_type: str = strawberry.field(description="Always `Bearer`.")
    expires_in: int = strawberry.field(
        description=(
            "Seconds until the access token expires (900 by default). "
            "Use this instead of comparing clocks."
        )
    )
    refresh_token: str = strawberry.field(
        description=(
            "Opaque and for one use: exchange it with `refreshTokens` "
            "before `refreshTokenExpiresAt`."
        )
    )
    refresh_token_expires_at: datetime


def session_view(session: sessions.Session, current_id: UUID) -> Session:
    return Session(
        id=strawberry.ID(format_id("sess", session.id)),
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
        ip_address=session.ip_address,
        user_agent=session.user_agent,
        is_current=session.id == current_id,
    )


def auth_tokens(pair: TokenPair) -> AuthTokens:
    return AuthTokens(
        access_token=pair.access_token,
        token_type="Bearer",  # noqa: S106 - the scheme
        expires_in=pair.expires_in_s,
        refresh_token=pair.refresh_token,
        refresh_token_expires_at=pair.refresh_token_expires_at,
    )
