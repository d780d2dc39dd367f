"""Creating accounts."""

from datetime import datetime

from auth_subgraph.domain.accounts import User, UserRole, UserStatus
from auth_subgraph.domain.audit import AuditEvent, AuditKind, Origin
from auth_subgraph.domain.names import (
    check_email,
    check_username,
    made_up_username,
    normalize_name,
)
from auth_subgraph.domain.passwords import PasswordRules
from auth_subgraph.domain.problems import Problem, Rejected
from auth_subgraph.events import published
from auth_subgraph.persistence import addresses, audit, users
from auth_subgraph.persistence.clock import database_time
from auth_subgraph.services import limits
from auth_subgraph.services.limits import Attempts, Limits
from auth_subgraph.services.login import LoggedIn
from auth_subgraph.services.passwords import PasswordHasher
from auth_subgraph.services.session_tokens import SessionTokens
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.errors import UnavailableError
from subgraph_kit.ids import uuid7


class RegistrationService:
    def __init__(
        self,
        database: Database,
        hasher: PasswordHasher,
        rules: PasswordRules,
        session_tokens: SessionTokens,
        attempts: Attempts,
        rates: Limits,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._rules = rules
        self._session_tokens = session_tokens
        self._attempts = attempts
        self._rates = rates

    async def register(
        self, *, email: str, username: str | None, password: str, origin: Origin
    ) -> LoggedIn | Rejected:
        """Create an account with the role USER and log it in.

        Args:
            email: In any case.
            username: In any case; made up when None.
            password: As typed.
            origin: Counted by address.

        Raises:
            RateLimitedError: Too many registrations from this address.
        """
        tries = limits.per_address(
            "register", origin.address, self._rates.registrations_per_address
        )
        await limits.count(self._attempts, tries)
        problems = await self._problems(email, username, password)
        if problems:
            return Rejected(problems)
        password_hash = await self._hasher.hash(password)
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            user = _new_user(email, username, UserRole.USER, now)
            user.last_login_at = now
            if not await add_user(work, user, password_hash, origin, now):
                return await _taken_meanwhile(work, user)
            await addresses.remember(work, user.id, limits.address_unit(origin.address), now)
            tokens = await self._session_tokens.open(work, user, origin, now)
        return LoggedIn(user, tokens)

    async def create_administrator(
        self, *, email: str, username: str | None, password: str, only_if_first: bool = False
    ) -> User | Rejected | None:
        """Create an account with the role ADMIN, from the command line or at first start.

        Args:
            email: In any case.
            username: In any case; made up when None.
            password: As typed.
            only_if_first: Do nothing, and answer None, when there is any account already.
        """
        problems = await self._problems(email, username, password)
        if problems and not only_if_first:
            return Rejected(problems)
        password_hash = await self._hasher.hash(password)
        async with self._database.unit_of_work() as work:
            if only_if_first and not await users.is_empty(work):
                return None
            if problems:
                return Rejected(problems)
            now = await database_time(work)
            user = _new_user(email, username, UserRole.ADMIN, now)
            if not await add_user(work, user, password_hash, Origin.of_system(), now):
                return await _taken_meanwhile(work, user)
        return user

    async def _problems(
        self, email: str, username: str | None, password: str
    ) -> tuple[Problem, ...]:
        """Everything wrong with the input, in the order of its fields."""
        email_problem = check_email(email, "input", "email")
        username_problem = (
            check_username(username, "input", "username") if username is not None else None
        )
        names = (
            email if email_problem is None else "",
            username if username is not None and username_problem is None else "",
        )
        password_problem = self._rules.check(password, names, "input", "password")
        async with self._database.connection() as connection:
            taken = await users.taken(
                connection, email=normalize_name(names[0]), username=normalize_name(names[1])
            )
        found = [email_problem, username_problem, password_problem, *taken.problems()]
        order = ["email", "username", "password"]
        return tuple(
            sorted(
                (problem for problem in found if problem is not None),
                key=lambda problem: order.index(problem.path[-1]),
            )
        )


async def add_user(
    work: UnitOfWork, user: User, password_hash: str, origin: Origin, now: datetime
) -> bool:
    """Insert the user and tell about it; False when a name was taken meanwhile."""
    if not await users.insert(work, user, password_hash):
        return False
    details: dict[str, object] = {"role": user.role.value}
    await audit.record(
        work, AuditEvent(AuditKind.REGISTERED, user.id, user.id, details), origin, now
    )
    await published.publish(work, published.user_created(user))
    return True


def _new_user(email: str, username: str | None, role: UserRole, now: datetime) -> User:
    user_id = uuid7()
    return User(
        id=user_id,
        username=normalize_name(username) if username else made_up_username(user_id),
        email=normalize_name(email),
        role=role,
        status=UserStatus.ACTIVE,
        created_at=now,
        updated_at=now,
        last_login_at=None,
    )


async def _taken_meanwhile(work: UnitOfWork, user: User) -> Rejected:
    """Why a user could not be inserted.

    Raises:
        UnavailableError: Whoever had the name is gone again: trying once more will do.
    """
    taken = await users.taken(work, username=user.username, email=user.email)
    if not any(taken):
        raise UnavailableError("The name was in use until a moment ago.")
    return Rejected(taken.problems())
