"""Signing up (scenarios 02 to 04)."""

import asyncio
import re

import jwt

from subgraph_kit.durations import RateLimit
from tests.auth_subgraph.conftest import StartAuth
from tests.auth_subgraph.graph import PASSWORD, REGISTER, AuthGraph


async def test_registration_gives_an_account_and_a_session(auth: AuthGraph) -> None:
    values = {"email": "Alice@Example.com", "username": "alice", "password": PASSWORD}
    payload = (await auth.data(REGISTER, {"input": values}))["register"]

    user, tokens = payload["user"], payload["tokens"]
    assert payload["userErrors"] == []
    assert re.fullmatch(r"user_[0-9a-f]{32}", user["id"])
    assert (user["username"], user["email"]) == ("alice", "alice@example.com")
    assert (user["role"], user["status"]) == ("USER", "ACTIVE")
    assert user["lastLoginAt"].endswith("Z")
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 900)
    assert re.fullmatch(r"rt_[\w-]{43}", tokens["refreshToken"])

    header = jwt.get_unverified_header(tokens["accessToken"])
    claims = jwt.decode(tokens["accessToken"], options={"verify_signature": False})
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "role", "scope"}
    assert claims["sub"] == user["id"]
    assert claims["exp"] - claims["iat"] == 900
    assert (claims["role"], claims["scope"]) == ("USER", "account tasks:read tasks:write")
    assert await auth.audited() == ["REGISTERED"]
    assert await auth.events("user.created") == [{"id": user["id"], "username": "alice"}]


async def test_a_username_is_made_up_when_left_out(auth: AuthGraph) -> None:
    values = {"email": "nameless@example.com", "password": PASSWORD}
    payload = (await auth.data(REGISTER, {"input": values}))["register"]
    assert re.fullmatch(r"user_[0-9a-f]{12}", payload["user"]["username"])


async def test_nobody_chooses_a_role(auth: AuthGraph) -> None:
    extensions = await auth.error(
        'mutation { register(input: { email: "a@b.cd", password: "x", role: ADMIN })'
        " { user { id } } }"
    )
    assert extensions["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_names_are_taken_in_any_case(auth: AuthGraph) -> None:
    await auth.register("alice")
    values = {"email": "ALICE@example.com", "username": "ALICE", "password": PASSWORD}
    payload = (await auth.data(REGISTER, {"input": values}))["register"]
    assert payload["user"] is None
    assert payload["tokens"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
        ("EMAIL_TAKEN", ["input", "email"]),
        ("USERNAME_TAKEN", ["input", "username"]),
    ]


async def test_one_of_a_hundred_parallel_registrations_gets_the_name(auth: AuthGraph) -> None:
    async def register(number: int) -> str | None:
        values = {
            "email": f"somebody{number}@example.com",
            "username": "alice",
            "password": PASSWORD,
        }
        payload = (await auth.data(REGISTER, {"input": values}))["register"]
        return payload["userErrors"][0]["code"] if payload["userErrors"] else None

    outcomes = await asyncio.gather(*(register(number) for number in range(100)))
    assert outcomes.count(None) == 1
    assert outcomes.count("USERNAME_TAKEN") == 99
    assert await auth.database.fetch_value("SELECT count(*) FROM users") == 1
    assert await auth.database.fetch_value("SELECT count(*) FROM outbox") == 1


async def test_everything_wrong_is_said_at_once_in_the_callers_language(auth: AuthGraph) -> None:
    values = {"email": "not-an-address", "username": "a", "password": "password"}
    payload = (await auth.data(REGISTER, {"input": values}, headers={"accept-language": "ru"}))[
        "register"
    ]
    errors = payload["userErrors"]
    assert [(error["code"], error["path"]) for error in errors] == [
        ("INVALID", ["input", "email"]),
        ("TOO_SHORT", ["input", "username"]),
        ("PASSWORD_TOO_COMMON", ["input", "password"]),
    ]
    assert all(re.search("[а-я]", error["message"]) for error in errors)


async def test_half_a_surrogate_pair_is_an_invalid_password(auth: AuthGraph) -> None:
    response = await auth.http.post(
        "/graphql",
        content=(
            b'{"query": "mutation($p: String!) { register(input: {email: \\"a@b.cd\\",'
            b' password: $p}) { userErrors { code } } }",'
            b' "variables": {"p": "abcdefgh\\ud800"}}'
        ),
        headers={"content-type": "application/json"},
    )
    assert "INTERNAL_SERVER_ERROR" not in response.text


async def test_long_cyrillic_passwords_count_in_full(auth: AuthGraph) -> None:
    password = "пароль" * 10 + "йцук"
    person = await auth.register("vera", password)
    assert len(password.encode()) == 128
    assert (await auth.log_in("vera", password)).id == person.id
    assert await auth.login_code("vera", password[:36]) == "INVALID_CREDENTIALS"


async def test_one_letter_typed_as_two_code_points_is_one_password(auth: AuthGraph) -> None:
    await auth.register("sergei", "Сергей и Николай")
    decomposed = "Сергей и Николай".replace("й", "и\u0306")
    assert await auth.login_code("sergei", decomposed) is None


async def test_registrations_are_limited_per_address(start_auth: StartAuth) -> None:
    async with start_auth(register_per_ip=RateLimit(2, 3600)) as auth:
        values = {"email": "not-an-address", "password": PASSWORD}
        for _ in range(2):
            await auth.data(REGISTER, {"input": values}, address="192.0.2.1")
        extensions = await auth.error(REGISTER, {"input": values}, address="192.0.2.1")
        assert extensions["code"] == "RATE_LIMITED"
        assert 3590 <= extensions["retryAfter"] <= 3600
        await auth.data(REGISTER, {"input": values}, address="192.0.2.2")
