"""What people do to their own account."""

from dataclasses import dataclass
from uuid import UUID

from auth_subgraph.domain.accounts import User
from auth_subgraph.domain.audit import AuditEvent, AuditKind, Origin
from auth_subgraph.domain.names import check_email, check_username, normalize_name
from auth_subgraph.domain.passwords import PasswordRules
from auth_subgraph.domain.problems import Problem, ProblemCode, Rejected
from auth_subgraph.domain.sessions import EndReason
from auth_subgraph.events import published
from auth_subgraph.persistence import audit, reading, sessions, users
from auth_subgraph.persistence.clock import database_time
from auth_subgraph.services import limits
from auth_subgraph.services.deletion import delete_user
from auth_subgraph.services.limits import Attempts
from auth_subgraph.services.passwords import PasswordHasher
from auth_subgraph.services.session_tokens import SessionTokens, TokenPair
from subgraph_kit.database import Database, UnitOfWork

_CURRENT_PASSWORD_INVALID = Problem(
    ProblemCode.CURRENT_PASSWORD_INVALID, ("input", "currentPassword")
)
_NOT_FOUND = Rejected((Problem(ProblemCode.NOT_FOUND),))


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    user: User
    tokens: TokenPair


class AccountService:
    def __init__(
        self,
        database: Database,
        hasher: PasswordHasher,
        rules: PasswordRules,
        session_tokens: SessionTokens,
        attempts: Attempts,
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._hasher = hasher
        self._rules = rules
        self._session_tokens = session_tokens

    async def update_profile(
        self,
        user: User,
        *,
        username: str | None,
        email: str | None,
        current_password: str | None,
        origin: Origin,
    ) -> User | Rejected:
        """Change the username, the e-mail address or both; None leaves as it is.

        Raises:
            RateLimitedError: Too many wrong passwords.
        """
        username = None if username is None else normalize_name(username)
        email = None if email is None else normalize_name(email)
        if email == user.email:
            email = None  # so that it needs no password, and undoes no change made meanwhile
        found = [
            None if username is None else check_username(username, "input", "username"),
            None if email is None else check_email(email, "input", "email"),
        ]
        problems = [problem for problem in found if problem is not None]
        if email is not None and not await self._may_change_email(
            user.id, current_password, origin, is_input_valid=not problems
        ):
            problems.append(_CURRENT_PASSWORD_INVALID)
        try:
            async with self._database.unit_of_work() as work:
                return await _rename(work, user.id, username, email, problems, origin)
        except users.NameTakenError as error:
            return Rejected(error.taken.problems())

    async def _may_change_email(
        self, user_id: UUID, password: str | None, origin: Origin, *, is_input_valid: bool
    ) -> bool:
        """Whether the password is there and right; with a bad input it is not even looked at."""
        if password is None or not is_input_valid:
            return password is not None
        return await self._checked_hash(user_id, password, origin) is not None

    async def change_password(
        self,
        user: User,
        session_id: UUID,
        *,
        current_password: str,
        new_password: str,
        end_other_sessions: bool,
        origin: Origin,
    ) -> PasswordChanged | Rejected:
        """Replace the password and the current session's tokens.

        Raises:
            RateLimitedError: Too many wrong passwords.
        """
        old_hash = await self._checked_hash(user.id, current_password, origin)
        found = [
            None if old_hash is not None else _CURRENT_PASSWORD_INVALID,
            self._rules.check(new_password, (user.username, user.email), "input", "newPassword"),
        ]
        problems = tuple(problem for problem in found if problem is not None)
        if problems:
            return Rejected(problems)
        new_hash = await self._hasher.hash(new_password)
        async with self._database.unit_of_work() as work:
            locked = await users.find_with_password(work, user.id)
            session = await sessions.find_active(work, user.id, session_id)
            if locked is None or locked[1] != old_hash or session is None:
                return Rejected((_CURRENT_PASSWORD_INVALID,))
            now = await database_time(work)
            await users.set_password(work, user.id, new_hash)
            await audit.record(
                work, AuditEvent(AuditKind.PASSWORD_CHANGED, user.id, user.id), origin, now
            )
            if end_other_sessions:
                ended = await sessions.end_others(
                    work, user.id, session_id, reason=EndReason.PASSWORD_CHANGED, now=now
                )
                await self._session_tokens.tell_ended(work, user.id, ended, now)
            await sessions.delete_refresh_tokens(work, session_id)
            tokens = await self._session_tokens.renew(
                work, locked[0], session_id, session.created_at, origin, now
            )
        return PasswordChanged(locked[0], tokens)

    async def delete(self, user: User, *, current_password: str, origin: Origin) -> Rejected | None:
        """Delete the account and, by the event, what other services keep of it.

        Raises:
            RateLimitedError: Too many wrong passwords.
        """
        old_hash = await self._checked_hash(user.id, current_password, origin)
        if old_hash is None:
            return Rejected((_CURRENT_PASSWORD_INVALID,))
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            return await delete_user(
                work, self._session_tokens, user.id, actor_id=user.id, origin=origin, now=now
            )

    async def _checked_hash(self, user_id: UUID, password: str, origin: Origin) -> str | None:
        """The stored hash if the password is right; wrong ones are counted.

        Whoever holds a stolen session must not be able to guess the password.
        """
        counter = limits.per_user("password", user_id, limits.PASSWORD_CHECKS_PER_USER)
        await limits.count(self._attempts, counter)
        password_hash = await reading.password_hash(self._database, user_id)
        verification = await self._hasher.verify(password, password_hash)
        if verification.is_right:
            await self._attempts.clear(counter)
            return password_hash
        async with self._database.unit_of_work() as work:
            now = await database_time(work)
            event = AuditEvent(AuditKind.PASSWORD_REJECTED, user_id, user_id)
            await audit.record(work, event, origin, now)
        return None


async def _rename(
    work: UnitOfWork,
    user_id: UUID,
    username: str | None,
    email: str | None,
    problems: list[Problem],
    origin: Origin,
) -> User | Rejected:
    """Give the user the names that are not None, unless there are or come to be problems.

    Raises:
        NameTakenError: Somebody was quicker.
    """
    invalid = {problem.path[-1] for problem in problems}
    taken = await users.taken(
        work,
        username=None if "username" in invalid else username,
        email=None if "email" in invalid else email,
        except_id=user_id,
    )
    found = (*problems, *taken.problems())
    if found:
        return Rejected(found)
    locked = await users.find_with_password(work, user_id)
    if locked is None:
        return _NOT_FOUND
    before = locked[0]
    username, email = username or before.username, email or before.email
    changed = [
        name
        for name, is_changed in (
            ("username", before.username != username),
            ("email", before.email != email),
        )
        if is_changed
    ]
    if not changed:
        return before
    now = await database_time(work)
    user = await users.set_names(work, user_id, username=username, email=email, now=now)
    for name in changed:
        kind = AuditKind[f"{name.upper()}_CHANGED"]
        await audit.record(work, AuditEvent(kind, user_id, user_id), origin, now)
    await published.publish(work, published.user_updated(user, changed))
    return user
