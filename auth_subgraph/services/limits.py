"""How often something may be tried, counted where all processes share it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from auth_subgraph.domain.attempts import Counter, Refusal
from subgraph_kit.client_address import rate_limit_address
from subgraph_kit.durations import RateLimit
from subgraph_kit.errors import RateLimitedError

PASSWORD_CHECKS_PER_USER = RateLimit(5, 600)
LOOKUPS_PER_USER = RateLimit(30, 60)
TOKEN_CHECKS_PER_ADDRESS = RateLimit(60, 60)


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates that operators may set."""

    login_failures_per_account_address: RateLimit
    login_failures_per_account: RateLimit
    logins_per_address: RateLimit
    registrations_per_address: RateLimit
    refreshes_per_address: RateLimit


class Attempts(Protocol):
    """Where attempts are counted."""

    async def count(self, counters: Sequence[Counter]) -> datetime | Refusal:
        """Count an attempt on every counter, or on none when it is one too many for any.

        Returns:
            The moment, for taking the attempt back; or why it must not be made. A refused attempt
            prolongs nothing, so nobody stays locked out by trying on.
        """
        ...

    async def take_back(self, counters: Iterable[Counter], at: datetime) -> None:
        """Forget the attempt of that moment."""
        ...

    async def clear(self, counter: Counter) -> None:
        """Forget all attempts."""
        ...

    async def close(self) -> None: ...


async def count(attempts: Attempts, *counters: Counter) -> datetime:
    """Count an attempt before it is made.

    Counting afterwards would let a hundred parallel guesses pass while the count is still zero.

    Returns:
        The moment, for taking the attempt back.

    Raises:
        RateLimitedError: It is one too many.
    """
    counted = await attempts.count(counters)
    if isinstance(counted, Refusal):
        raise RateLimitedError(counted.retry_after_s)
    return counted


def per_address(what: str, address: str | None, rate: RateLimit) -> Counter:
    return Counter(f"{what}:address:{address_unit(address)}", rate)


def per_user(what: str, user_id: UUID, rate: RateLimit) -> Counter:
    return Counter(f"{what}:user:{user_id.hex}", rate)


def account_key(user_id: UUID | None, name: str) -> str:
    """The account that an attempt is about, also when there is no such account.

    Names that exist nowhere are hashed: some people type their password into the wrong field.
    """
    if user_id is not None:
        return user_id.hex
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def address_unit(address: str | None) -> str:
    return rate_limit_address(address or "unknown")
