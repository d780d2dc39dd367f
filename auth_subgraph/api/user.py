"""`User`, and who may see what of one."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Optional

import strawberry

from auth_subgraph.api.context import Info
from auth_subgraph.domain import accounts
from subgraph_kit.ids import format_id
from subgraph_kit.types import Node


@strawberry.enum(
    description=(
        "What a user may do. Nobody chooses a role at registration; an administrator grants it."
    )
)
class UserRole(Enum):
    USER = strawberry.enum_value(
        accounts.UserRole.USER,
        description="Own profile and own data. Scopes: `account tasks:read tasks:write`.",
    )
    MANAGER = strawberry.enum_value(
        accounts.UserRole.MANAGER,
        description="As USER, and may read the list of users. Scopes: + `users:read`.",
    )
    ADMIN = strawberry.enum_value(
        accounts.UserRole.ADMIN,
        description="As MANAGER, and manages users. Scopes: + `users:write`.",
    )


@strawberry.enum(description="Whether an account may be used.")
class UserStatus(Enum):
    ACTIVE = accounts.UserStatus.ACTIVE
    SUSPENDED = strawberry.enum_value(
        accounts.UserStatus.SUSPENDED,
        description="Cannot log in or refresh; all its sessions are revoked.",
    )


@strawberry.federation.type(
    keys=["id"],
    description=(
        "A person with an account. Other subgraphs extend this type by its `id`.\n"
        "Fields marked *private* are null unless you are that user or hold the scope `users:read`."
    ),
)
class User(Node):
    id: strawberry.ID = strawberry.field(
        description="Equal to the `sub` claim of the user's access tokens."
    )
    username: str = strawberry.field(
        description="Public handle. May change, so never store it as a reference."
    )
    email: str | None = strawberry.field(description="*Private.*")
    role: UserRole | None = strawberry.field(description="*Private.*")
    status: UserStatus | None = strawberry.field(description="*Private.*")
    created_at: datetime = strawberry.field(description="When the account was registered.")
    updated_at: datetime | None = strawberry.field(
        description="*Private.* When the profile, role or status last changed."
    )
    last_login_at: datetime | None = strawberry.field(
        description="*Private.* When a login last succeeded; null if never."
    )

    @classmethod
    async def resolve_references(cls, info: Info, ids: Sequence[str]) -> list[Optional["User"]]:
        found = await info.context.seen_users(ids)
        return [seen_user(id_, seen) for id_, seen in zip(ids, found, strict=True)]


def public_user(user: accounts.User) -> User:
    """What anybody may see."""
    return _public(format_id("user", user.id), user.username, user.created_at)


def _public(user_id: str, username: str, created_at: datetime) -> User:
    return User(
        id=strawberry.ID(user_id),
        username=username,
        email=None,
        role=None,
        status=None,
        created_at=created_at,
        updated_at=None,
        last_login_at=None,
    )


def private_user(user: accounts.User) -> User:
    """What the user and holders of `users:read` may see."""
    return User(
        id=strawberry.ID(format_id("user", user.id)),
        username=user.username,
        email=user.email,
        role=UserRole(user.role),
        status=UserStatus(user.status),
        created_at=user.created_at,
        updated_at=user.updated_at,
        last_login_at=user.last_login_at,
    )


def seen_user(user_id: str, seen: accounts.SeenUser | None) -> User | None:
    """What the caller may see of a user that was looked up by id."""
    if seen is None:
        return None
    if seen.user is not None:
        return private_user(seen.user)
    return _public(user_id, seen.username, seen.created_at)
