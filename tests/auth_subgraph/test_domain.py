"""Rules that need no database."""

import time
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import UUID

import bcrypt
import pytest

from auth_subgraph.domain.names import check_email, check_username, made_up_username
from auth_subgraph.domain.passwords import PasswordRules
from auth_subgraph.domain.problems import Problem, ProblemCode
from auth_subgraph.domain.sessions import (
    PresentedRefreshToken,
    RefreshVerdict,
    SessionPolicy,
    judge_refresh,
    new_refresh_token,
    refresh_token_hash,
)
from auth_subgraph.services.passwords import PasswordHasher

_BCRYPT_OF_NOTHING = bcrypt.hashpw(b"", bcrypt.gensalt(4)).decode()
RULES = PasswordRules(min_length=8, max_length=128, common=frozenset({"password1"}))
NAMES = ("dora", "dora@example.com")


def _code(problem: Problem | None) -> str | None:
    return problem.code.name if problem else None


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("dora@example.com", None),
        ("Dora+tag@mail.example.co.uk", None),
        ("почта@пример.рф", None),
        ("", "BLANK"),
        ("  ", "BLANK"),
        ("a" * 250 + "@b.cd", "TOO_LONG"),
        ("a" * 65 + "@b.cd", "INVALID"),
        ("a b@example.com", "INVALID"),
        (" a@example.com", "INVALID"),
        ("a@example", "INVALID"),
        ("a@@example.com", "INVALID"),
        ("a..b@example.com", "INVALID"),
        ("a@-example.com", "INVALID"),
        ("a@example.com\n", "INVALID"),
        ("a\0@example.com", "INVALID"),
        ("a\ud800@example.com", "INVALID"),
    ],
)
def test_email_rules(email: str, code: str | None) -> None:
    assert _code(check_email(email)) == code


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("dora", None),
        ("D0ra.x_y-z", None),
        ("", "BLANK"),
        ("   ", "BLANK"),
        ("ab", "TOO_SHORT"),
        ("a" * 33, "TOO_LONG"),
        ("-dora", "INVALID"),
        ("дора", "INVALID"),
        ("do ra", "INVALID"),
        ("dora\n", "INVALID"),
        ("\u212aelvin", "INVALID"),  # the Kelvin sign, which lower() turns into a k
    ],
)
def test_username_rules(username: str, code: str | None) -> None:
    assert _code(check_username(username)) == code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("correct horse", None),
        ("  spaces kept  ", None),
        ("x" * 128, None),
        ("", "BLANK"),
        (" " * 9, "BLANK"),
        ("1234567", "TOO_SHORT"),
        ("x" * 129, "TOO_LONG"),
        ("nul\0nul\0nul", "INVALID"),
        ("abcdefgh\ud800", "INVALID"),
        ("PassWord1", "PASSWORD_TOO_COMMON"),
        ("my-Dora-secret", "PASSWORD_TOO_COMMON"),
        ("xxDora@Example.comxx", "PASSWORD_TOO_COMMON"),
    ],
)
def test_password_rules(password: str, code: str | None) -> None:
    assert _code(RULES.check(password, NAMES)) == code


def test_ten_thousand_common_passwords_are_shipped_with_their_licence() -> None:
    data = files("auth_subgraph") / "data"
    passwords = (data / "common_passwords.txt").read_text("utf-8").split()
    assert len(set(passwords)) == 10_000
    assert all(len(password) >= 8 and password == password.lower() for password in passwords)
    assert "MIT License" in (data / "common_passwords.LICENSE").read_text("utf-8")


def test_a_made_up_username_satisfies_the_rules() -> None:
    assert check_username(made_up_username(UUID(int=2**128 - 1))) is None


def test_every_problem_has_words_in_both_languages() -> None:
    for code in ProblemCode:
        problem = Problem(code, values={"limit": 8})
        assert problem.text("en") != problem.text("ru")
        assert "{" not in problem.text("en") + problem.text("ru")


def test_only_our_refresh_tokens_have_a_hash() -> None:
    token, token_hash = new_refresh_token()
    assert refresh_token_hash(token) == token_hash
    for text in ("", "rt_", token[:-1], f"{token}x", token.replace("rt_", "xx_"), "rt_" + "я" * 43):
        assert refresh_token_hash(text) is None


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = SessionPolicy(
    access_token_ttl=timedelta(minutes=15),
    refresh_token_ttl=timedelta(days=7),
    session_max_age=timedelta(days=30),
    refresh_reuse_grace=timedelta(seconds=10),
    max_per_user=20,
)


@pytest.mark.parametrize(
    ("used_ago_s", "expires_in_s", "age_days", "is_over", "verdict"),
    [
        (None, 60, 1, False, RefreshVerdict.EXCHANGE),
        (9, 60, 1, False, RefreshVerdict.EXCHANGE_AGAIN),
        (10, 60, 1, False, RefreshVerdict.EXCHANGE_AGAIN),
        (-30, 60, 1, False, RefreshVerdict.EXCHANGE_AGAIN),
        (11, 60, 1, False, RefreshVerdict.REUSED),
        (None, 0, 1, False, RefreshVerdict.EXPIRED),
        (None, 60, 30, False, RefreshVerdict.EXPIRED),
        (11, -1, 1, False, RefreshVerdict.EXPIRED),
        (None, 60, 1, True, RefreshVerdict.INVALID),
        (11, 60, 1, True, RefreshVerdict.INVALID),
    ],
)
def test_what_a_refresh_token_is_worth(
    used_ago_s: int | None,
    expires_in_s: int,
    age_days: int,
    is_over: bool,
    verdict: RefreshVerdict,
) -> None:
    token = PresentedRefreshToken(
        session_id=UUID(int=1),
        user_id=UUID(int=2),
        session_created_at=NOW - timedelta(days=age_days),
        expires_at=NOW + timedelta(seconds=expires_in_s),
        used_at=None if used_ago_s is None else NOW - timedelta(seconds=used_ago_s),
        is_session_over=is_over,
    )
    assert judge_refresh(token, NOW, POLICY) is verdict


def test_a_session_slides_but_not_beyond_its_greatest_age() -> None:
    assert POLICY.expires_at(NOW, NOW) == NOW + timedelta(days=7)
    assert POLICY.expires_at(NOW - timedelta(days=29), NOW) == NOW + timedelta(days=1)


async def test_a_password_of_marks_without_number_takes_no_time() -> None:
    """Sorting 40,000 of them, which NFKC asks for, takes five seconds."""
    password = "a" + "\u0301\u0316" * 20_000
    hasher = PasswordHasher(memory_kib=8, time_cost=1)
    began_s = time.process_time()
    assert _code(RULES.check(password, NAMES)) == "TOO_LONG"
    for stored in (None, await hasher.hash("a" * 20), await hasher.hash(""), _BCRYPT_OF_NOTHING):
        assert not (await hasher.verify(password, stored)).is_right
    assert time.process_time() - began_s < 1
    hasher.close()


async def test_a_password_of_nobody_takes_as_long_as_a_wrong_one() -> None:
    hasher = PasswordHasher(memory_kib=19456, time_cost=2)
    somebodys = await hasher.hash("correct horse")

    async def cost_s(stored: str | None) -> float:
        began_s = time.process_time()
        for _ in range(5):
            assert not (await hasher.verify("wrong horse", stored)).is_right
        return time.process_time() - began_s

    assert 0.5 < await cost_s(None) / await cost_s(somebodys) < 2
    hasher.close()
