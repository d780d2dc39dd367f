"""Logging in (scenarios 05 to 08)."""

import asyncio
import statistics
import time

import bcrypt
import pytest
from prometheus_client import REGISTRY

from subgraph_kit.durations import RateLimit
from tests.auth_subgraph.conftest import StartAuth
from tests.auth_subgraph.graph import LOGIN, PASSWORD, AuthGraph

FAILURES = RateLimit(5, 900)
WRONG = "wrong horse battery"


async def test_log_in_by_username_or_email_in_any_case(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for identifier in ("alice", "Alice", "alice@example.com", "ALICE@example.com"):
        again = await auth.log_in(identifier)
        assert again.id == alice.id
        assert again.session_id != alice.session_id
    assert await auth.me_reason(alice.token) is None
    assert await auth.audited() == ["REGISTERED", *["LOGIN_SUCCEEDED"] * 4]


async def test_logins_are_counted_for_alerts(start_auth: StartAuth) -> None:
    def counted() -> list[float]:
        outcomes = ("succeeded", "refused", "limited")
        values = [REGISTRY.get_sample_value("auth_logins_total", {"outcome": o}) for o in outcomes]
        return [value or 0 for value in values]

    before = counted()
    async with start_auth(login_per_ip=RateLimit(2, 60)) as auth:
        await auth.register("alice")
        for password in (PASSWORD, WRONG, WRONG):
            await auth.login_code("alice", password)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1]


async def test_a_wrong_password_and_an_unknown_user_look_the_same(auth: AuthGraph) -> None:
    await auth.register("alice")
    answers = [
        await auth.post(LOGIN, {"identifier": identifier, "password": WRONG})
        for identifier in (
            "alice",
            "nobody",
            "nobody@example.com",
            "no body",
            "",
            "a\0b",
            "я" * 999,
        )
    ]
    assert answers[0]["data"]["login"]["user"] is None
    assert answers[0]["data"]["login"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    assert answers[0]["data"]["login"]["userErrors"][0]["path"] == []
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.nightly
async def test_a_wrong_password_and_an_unknown_user_take_the_same_time(
    start_auth: StartAuth,
) -> None:
    async with start_auth(argon2_memory_kib=19456, argon2_time=2) as auth:
        await auth.register("alice")
        times: dict[str, list[float]] = {"alice": [], "nobody": []}
        for _ in range(20):
            for identifier, taken in times.items():
                started_at = time.perf_counter()
                assert await auth.login_code(identifier, WRONG) == "INVALID_CREDENTIALS"
                taken.append(time.perf_counter() - started_at)
        known, unknown = (statistics.median(taken) for taken in times.values())
        assert abs(known - unknown) < 0.2 * max(known, unknown)


async def test_five_failures_lock_the_account_for_that_address_alone(
    start_auth: StartAuth,
) -> None:
    async with start_auth(login_failures_per_account_ip=FAILURES) as auth:
        await auth.register("alice")
        for name in ("alice", "nobody"):
            for _ in range(5):
                code = await auth.login_code(name, WRONG, address="192.0.2.1")
                assert code == "INVALID_CREDENTIALS"
            extensions = await auth.error(
                LOGIN, {"identifier": name, "password": PASSWORD}, address="192.0.2.1"
            )
            assert extensions["code"] == "RATE_LIMITED"
            assert 880 <= extensions["retryAfter"] <= 900
        assert await auth.login_code("alice@example.com", PASSWORD, address="192.0.2.1") == (
            "RATE_LIMITED"
        )
        assert await auth.login_code("alice", PASSWORD, address="192.0.2.2") is None


async def test_the_first_refusal_of_a_lock_is_audited(start_auth: StartAuth) -> None:
    async with start_auth(login_failures_per_account_ip=RateLimit(2, 900)) as auth:
        alice = await auth.register("alice")
        for name in ("alice", "nobody"):
            for _ in range(6):
                await auth.login_code(name, WRONG)
        limited = await auth.database.fetch(
            "SELECT subject_id, actor_id, details::text FROM audit_events"
            " WHERE kind = 'LOGIN_LIMITED' ORDER BY id"
        )
    assert [tuple(row) for row in limited] == [
        (alice.uuid, None, '{"limit": "account"}'),
        (None, None, '{"limit": "account"}'),
    ]


async def test_refused_tries_do_not_prolong_the_lock(start_auth: StartAuth) -> None:
    async with start_auth(login_failures_per_account_ip=FAILURES) as auth:
        await auth.register("alice")
        for _ in range(9):
            await auth.login_code("alice", WRONG)
        await _pass_time(auth, seconds=900)
        assert await auth.login_code("alice", PASSWORD) is None


async def test_a_success_clears_the_failures(start_auth: StartAuth) -> None:
    async with start_auth(login_failures_per_account_ip=FAILURES) as auth:
        await auth.register("alice")
        for _ in range(3):
            for _ in range(4):
                assert await auth.login_code("alice", WRONG) == "INVALID_CREDENTIALS"
            assert await auth.login_code("alice", PASSWORD) is None


async def test_parallel_guesses_are_counted_before_they_are_checked(
    start_auth: StartAuth,
) -> None:
    async with start_auth(login_failures_per_account_ip=FAILURES) as auth:
        await auth.register("alice")
        codes = await asyncio.gather(*(auth.login_code("alice", WRONG) for _ in range(30)))
        assert codes.count("INVALID_CREDENTIALS") == 5
        assert codes.count("RATE_LIMITED") == 25


async def test_parallel_logins_from_everywhere_do_not_block_each_other(auth: AuthGraph) -> None:
    await auth.register("alice")
    logins = [
        auth.login_code("alice", PASSWORD if number % 2 else WRONG, address=f"192.0.2.{number % 5}")
        for number in range(40)
    ]
    codes = await asyncio.gather(*logins)
    assert (codes.count(None), codes.count("INVALID_CREDENTIALS")) == (20, 20)


async def test_nobody_locks_another_person_out_of_a_known_address(start_auth: StartAuth) -> None:
    async with start_auth(login_failures_per_account=RateLimit(6, 3600)) as auth:
        await auth.register("alice")
        await auth.log_in("alice", address="192.0.2.1")
        for number in range(6):
            await auth.login_code("alice", WRONG, address=f"198.51.100.{number}")
        assert await auth.login_code("alice", PASSWORD, address="198.51.100.99") == "RATE_LIMITED"
        assert await auth.login_code("alice", PASSWORD, address="192.0.2.1") is None


async def test_tries_are_limited_per_address_whatever_the_account(start_auth: StartAuth) -> None:
    async with start_auth(login_per_ip=RateLimit(3, 60)) as auth:
        for number in range(3):
            code = await auth.login_code(f"user{number}", WRONG, address="2001:db8::1")
            assert code == "INVALID_CREDENTIALS"
        # an IPv6 customer holds a /64
        assert await auth.login_code("user9", WRONG, address="2001:db8::ffff") == "RATE_LIMITED"
        assert await auth.login_code("user9", WRONG, address="2001:db8:0:1::1") is not None


async def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(
    start_auth: StartAuth,
) -> None:
    async with start_auth(trusted_proxies=(), login_per_ip=RateLimit(1, 60)) as auth:
        await auth.login_code("alice", WRONG, address="192.0.2.1")
        assert await auth.login_code("alice", WRONG, address="192.0.2.2") == "RATE_LIMITED"


async def test_limits_are_shared_by_processes(start_auth: StartAuth) -> None:
    limit = RateLimit(2, 60)
    async with start_auth(login_per_ip=limit) as one, start_auth(login_per_ip=limit) as other:
        assert await one.login_code("alice", WRONG) == "INVALID_CREDENTIALS"
        assert await other.login_code("alice", WRONG) == "INVALID_CREDENTIALS"
        assert await one.login_code("alice", WRONG) == "RATE_LIMITED"


GUESS = '(input: { identifier: "alice", password: "guess" }) { userErrors { code } }'


@pytest.mark.parametrize(
    "operation",
    [
        f"mutation {{ a: login{GUESS} b: login{GUESS} }}",
        (
            f'mutation {{ login{GUESS} refreshTokens(input: {{ refreshToken: "x" }})'
            f" {{ userErrors {{ code }} }} }}"
        ),
        f"mutation {{ a: login{GUESS} ...F }} fragment F on Mutation {{ b: login{GUESS} }}",
        f"mutation {{ a: login{GUESS} ... on Mutation {{ b: login{GUESS} }} }}",
    ],
)
async def test_a_request_holds_one_credential_mutation(auth: AuthGraph, operation: str) -> None:
    answer = await auth.post(operation)
    assert "data" not in answer
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BATCH_NOT_ALLOWED"]
    assert await auth.audited() == []


async def test_nobody_is_locked_out_because_we_are_overloaded(
    start_auth: StartAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start_auth(login_failures_per_account_ip=FAILURES) as auth:
        await auth.register("alice")
        with monkeypatch.context() as patched:
            patched.setattr("auth_subgraph.services.passwords._MAX_WAITING", 0)
            for _ in range(6):
                extensions = await auth.error(LOGIN, {"identifier": "alice", "password": PASSWORD})
                assert (extensions["code"], extensions["retryAfter"]) == ("SERVICE_OVERLOADED", 1)
        assert await auth.login_code("alice", PASSWORD) is None


async def test_an_old_bcrypt_hash_is_verified_and_replaced(auth: AuthGraph) -> None:
    password = "пароль № 1 " * 5  # 95 bytes: bcrypt saw the first 72, before NFKC
    alice = await auth.register("alice")
    old_hash = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    await auth.database.fetch("UPDATE users SET password_hash = $1", old_hash)

    assert await auth.login_code("alice", WRONG) == "INVALID_CREDENTIALS"
    codes = await asyncio.gather(*(auth.login_code("alice", password) for _ in range(4)))
    assert codes == [None] * 4
    stored = await auth.database.fetch_value("SELECT password_hash FROM users")
    assert str(stored).startswith("$argon2id$")
    assert (await auth.log_in("alice", password)).id == alice.id


async def test_the_21st_login_ends_the_oldest_session(start_auth: StartAuth) -> None:
    async with start_auth(sessions_max_per_user=3) as auth:
        first = await auth.register("alice")
        second, third = await auth.log_in("alice"), await auth.log_in("alice")
        assert (await auth.refresh(first.refresh_token))["userErrors"] == []
        fourth = await auth.log_in("alice")
        assert await auth.me_reason(first.token) == "SESSION_ENDED"
        for person in (second, third, fourth):
            assert await auth.me_reason(person.token) is None
        assert [event["sids"] for event in await auth.events("session.revoked")] == [
            [first.session_id]
        ]


async def _pass_time(auth: AuthGraph, seconds: int) -> None:
    """Let the counted attempts be that much older."""
    await auth.database.fetch(
        "UPDATE attempts SET times = ARRAY(SELECT time - make_interval(secs => $1)"
        " FROM unnest(times) AS time)",
        float(seconds),
    )
