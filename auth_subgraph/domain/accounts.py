"""People with accounts: roles, what a role may do, who is alive."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID


class UserRole(Enum):
    USER = "USER"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"


class UserStatus(Enum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


READ_USERS = "users:read"
WRITE_USERS = "users:write"

SCOPES: dict[UserRole, tuple[str, ...]] = {
    UserRole.USER: ("account", "tasks:read", "tasks:write"),
    UserRole.MANAGER: ("account", "tasks:read", "tasks:write", READ_USERS),
    UserRole.ADMIN: ("account", "tasks:read", "tasks:write", READ_USERS, WRITE_USERS),
}


@dataclass(slots=True)
class User:
    """An account without its password."""

    id: UUID
    username: str
    email: str
    role: UserRole
    status: UserStatus
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None


class SeenUser(NamedTuple):
    """What somebody may see of a user; `user` is None when that is not all of it."""

    username: str
    created_at: datetime
    user: User | None
