"""Logging in: the same answer in the same time whether or not the account exists."""

from dataclasses import dataclass
from datetime import datetime

from auth_subgraph.domain.accounts import User, UserStatus
from auth_subgraph.domain.attempts import Counter, Refusal
from auth_subgraph.domain.audit import AuditEvent, AuditKind, Origin
from auth_subgraph.domain.names import is_email, is_username, normalize_name
from auth_subgraph.domain.problems import ProblemCode, Rejected, rejected
from auth_subgraph.persistence import addresses, audit, reading, users
from auth_subgraph.persistence.clock import database_time
from auth_subgraph.persistence.reading import Credentials
from auth_subgraph.services import limits
from auth_subgraph.services.limits import Attempts, Limits
from auth_subgraph.services.metrics import LOGINS
from auth_subgraph.services.passwords import PasswordHasher
from auth_subgraph.services.session_tokens import SessionTokens, TokenPair
from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.durations import RateLimit
from subgraph_kit.errors import RateLimitedError, UnavailableError


@dataclass(frozen=True, slots=True)
class LoggedIn:
    user: User
    tokens: TokenPair


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A login that was counted and whose password is checked next."""

    credentials: Credentials | None
    from_here: Counter
    """Failures for this account from this address."""
    failures: tuple[Counter, ...]
    """That, and those from everywhere unless this address is exempt."""
    at: datetime


class LoginService:
    def __init__(
        self,
        database: Database,
        hasher: PasswordHasher,
        session_tokens: SessionTokens,
        attempts: Attempts,
        rates: Limits,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._session_tokens = session_tokens
        self._attempts = attempts
        self._rates = rates

    async def login(self, identifier: str, password: str, origin: Origin) -> LoggedIn | Rejected:
        """Open a session for whoever knows the password.

        Args:
            identifier: Username or e-mail address, in any case.
            password: As typed.
            origin: Counted by address.

        Raises:
            RateLimitedError: Too many tries or failures; no password was checked.
        """
        outcome: LoggedIn | Rejected | None = None
        try:
            while outcome is None:
                outcome = await self._login(normalize_name(identifier), password, origin)
        except RateLimitedError:
            LOGINS.labels("limited").inc()
            raise
        LOGINS.labels("refused" if isinstance(outcome, Rejected) else "succeeded").inc()
        return outcome

    async def _login(self, name: str, password: str, origin: Origin) -> LoggedIn | Rejected | None:
        """One try; None when the account changed meanwhile, so that it must be looked at again.

        A parallel login may have replaced an old hash, an administrator suspended the account.
        """
        attempt = await self._count(name, origin)
        found = attempt.credentials
        old_hash = found.password_hash if found else None
        try:
            verification = await self._hasher.verify(password, old_hash)
            new_hash = await self._hasher.hash(password) if verification.needs_rehash else None
        except UnavailableError:  # nobody is locked out because we are overloaded
            await self._attempts.take_back(attempt.failures, attempt.at)
            raise
        if found is not None and verification.is_right:
            await self._forgive(attempt)
        async with self._database.unit_of_work() as work:
            if found is None or not verification.is_right:
                return await self._refuse(work, found, origin)
            if found.user.status is UserStatus.SUSPENDED:
                await _record(
                    work, AuditKind.LOGIN_FAILED, found, origin, await database_time(work)
                )
                return rejected(ProblemCode.ACCOUNT_SUSPENDED)
            user = await users.log_in(
                work, found.user.id, old_hash=found.password_hash, new_hash=new_hash
            )
            if user is None:
                return None
            now = user.last_login_at or await database_time(work)
            await addresses.remember(work, user.id, limits.address_unit(origin.address), now)
            await _record(work, AuditKind.LOGIN_SUCCEEDED, found, origin, now)
            tokens = await self._session_tokens.open(work, user, origin, now)
        return LoggedIn(user, tokens)

    async def _count(self, name: str, origin: Origin) -> _Attempt:
        address = limits.address_unit(origin.address)
        found = await _find(self._database, name, address)
        account = limits.account_key(found.user.id if found else None, name)
        from_here = Counter(
            f"login:account:{account}:{address}", self._rates.login_failures_per_account_address
        )
        from_anywhere = Counter(f"login:account:{account}", self._rates.login_failures_per_account)
        is_exempt = found is not None and found.is_known_address
        failures = (from_here,) if is_exempt else (from_anywhere, from_here)
        tries = limits.per_address("login", origin.address, self._rates.logins_per_address)
        counted = await self._attempts.count([tries, *failures])
        if isinstance(counted, Refusal):
            await self._record_limit(counted.counter, found, origin)
            raise RateLimitedError(counted.retry_after_s)
        return _Attempt(found, from_here, failures, counted)

    async def _record_limit(
        self, counter: Counter, found: Credentials | None, origin: Origin
    ) -> None:
        """Once a period: whoever tries on and on must not fill the audit trail."""
        once = Counter(f"audited:{counter.key}", RateLimit(1, counter.rate.period_s))
        if isinstance(await self._attempts.count([once]), Refusal):
            return
        details: dict[str, object] = {
            "limit": "address" if counter.key.startswith("login:address:") else "account"
        }
        async with self._database.unit_of_work() as work:
            event = AuditEvent(
                AuditKind.LOGIN_LIMITED, None, found.user.id if found else None, details
            )
            await audit.record(work, event, origin, await database_time(work))

    async def _refuse(
        self, work: UnitOfWork, found: Credentials | None, origin: Origin
    ) -> Rejected:
        now = await database_time(work)
        await _record(work, AuditKind.LOGIN_FAILED, found, origin, now)
        return rejected(ProblemCode.INVALID_CREDENTIALS)

    async def _forgive(self, attempt: _Attempt) -> None:
        """The password was right: forget the failures from here, and this try elsewhere."""
        elsewhere = [counter for counter in attempt.failures if counter != attempt.from_here]
        await self._attempts.take_back(elsewhere, attempt.at)
        await self._attempts.clear(attempt.from_here)


async def _find(database: Database, name: str, address: str) -> Credentials | None:
    """One statement for every name, so that its form does not show in the time."""
    if is_email(name):
        return await reading.credentials(database, "email", name, address)
    return await reading.credentials(
        database, "username", name if is_username(name) else "", address
    )


async def _record(
    work: UnitOfWork, kind: AuditKind, found: Credentials | None, origin: Origin, now: datetime
) -> None:
    subject_id = found.user.id if found else None
    actor_id = subject_id if kind is AuditKind.LOGIN_SUCCEEDED else None
    await audit.record(work, AuditEvent(kind, actor_id, subject_id), origin, now)
