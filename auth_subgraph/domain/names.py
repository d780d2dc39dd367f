"""Rules for usernames and e-mail addresses."""

import re
from typing import NamedTuple
from uuid import UUID

from auth_subgraph.domain.problems import Problem, ProblemCode
from subgraph_kit.texts import is_storable

USERNAME_MIN = 3
USERNAME_MAX = 32
EMAIL_MAX = 254
_EMAIL_LOCAL_MAX = 64

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_EMAIL = re.compile(
    r"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]+"  # quoted local parts are legal and unused
    r"@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_](?:[\w-]*[^\W_])"
)


class TakenNames(NamedTuple):
    """Which of somebody's names belong to somebody else."""

    username: bool
    email: bool

    def problems(self) -> tuple[Problem, ...]:
        found = []
        if self.email:
            found.append(Problem(ProblemCode.EMAIL_TAKEN, ("input", "email")))
        if self.username:
            found.append(Problem(ProblemCode.USERNAME_TAKEN, ("input", "username")))
        return tuple(found)


def normalize_name(text: str) -> str:
    """The form in which usernames and addresses are stored and compared."""
    return text.lower()


def check_username(username: str, *path: str) -> Problem | None:
    """3 to 32 of a-z 0-9 _ . -, in any case, starting with a letter or digit."""
    if not username.strip():
        return Problem(ProblemCode.BLANK, path)
    if len(username) < USERNAME_MIN:
        return Problem(ProblemCode.TOO_SHORT, path, {"limit": USERNAME_MIN})
    if len(username) > USERNAME_MAX:
        return Problem(ProblemCode.TOO_LONG, path, {"limit": USERNAME_MAX})
    if not _USERNAME.fullmatch(username):
        return Problem(ProblemCode.INVALID, path)
    return None


def check_email(email: str, *path: str) -> Problem | None:
    """Something that mail can be sent to: `local@domain.tld`, letters of any alphabet."""
    if not email.strip():
        return Problem(ProblemCode.BLANK, path)
    if len(email) > EMAIL_MAX:
        return Problem(ProblemCode.TOO_LONG, path, {"limit": EMAIL_MAX})
    local = email.partition("@")[0]
    is_plausible = (
        _EMAIL.fullmatch(email)
        and len(local) <= _EMAIL_LOCAL_MAX
        and ".." not in email
        and not local.startswith(".")
        and not local.endswith(".")
        and is_storable(email)
    )
    return None if is_plausible else Problem(ProblemCode.INVALID, path)


def is_username(text: str) -> bool:
    return check_username(text) is None


def is_email(text: str) -> bool:
    return check_email(text) is None


def made_up_username(user_id: UUID) -> str:
    """For those who choose none; the random end of the id makes it as good as unique."""
    return f"user_{user_id.hex[-12:]}"
