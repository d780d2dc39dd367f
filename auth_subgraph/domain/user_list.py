"""What a list of users is filtered and sorted by."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from auth_subgraph.domain.accounts import UserRole, UserStatus

SEARCH_MIN = 2
SEARCH_MAX = 100


class OrderField(Enum):
    CREATED_AT = "CREATED_AT"
    USERNAME = "USERNAME"
    LAST_LOGIN_AT = "LAST_LOGIN_AT"
    """Users who never logged in come last, in both directions."""


@dataclass(frozen=True, slots=True)
class UserOrder:
    field: OrderField
    is_descending: bool

    @property
    def name(self) -> str:
        """Tells orders apart inside cursors."""
        return f"{self.field.value}:{'DESC' if self.is_descending else 'ASC'}"


@dataclass(frozen=True, slots=True)
class UserFilter:
    """None means any."""

    search: str | None = None
    roles: tuple[UserRole, ...] | None = None
    statuses: tuple[UserStatus, ...] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
