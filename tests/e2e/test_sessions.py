"""Logging in, tokens and their end, as applications and attackers use them."""

import asyncio
import uuid

import asyncpg
import pytest

from devstack.stack import Stack
from tests.support.graph_client import LOGIN, PASSWORD, Answer, GraphClient, Person, random_address
from tests.support.tokens import claims_of, expired, forgeries
from tests.support.waiting import REVOCATION_S, eventually

REFRESH = """mutation($token: String!) { refreshTokens(input: { refreshToken: $token }) {
  tokens { accessToken refreshToken expiresIn } userErrors { code path } } }"""
SESSIONS = "{ sessions { id isCurrent createdAt lastUsedAt expiresAt userAgent } }"
CHANGE_PASSWORD = """mutation($current: String!, $new: String!) {
  changePassword(input: { currentPassword: $current, newPassword: $new }) {
    user { id } tokens { accessToken refreshToken } userErrors { code path } } }"""
VERIFY = """mutation($token: String!) { verifyToken(input: { token: $token }) {
  valid rejection user { id username } role scopes expiresAt } }"""
LOGOUT = """mutation($token: String) { logout(input: { refreshToken: $token }) {
  sessionEnded userErrors { code } } }"""


async def refresh(
    client: GraphClient, refresh_token: str, access_token: str | None = None
) -> Answer:
    return await client.send(REFRESH, {"token": refresh_token}, token=access_token)


async def refused(client: GraphClient, refresh_token: str) -> str:
    """The code with which a refresh token is refused."""
    payload = (await refresh(client, refresh_token)).data["refreshTokens"]
    assert payload["tokens"] is None
    return str(payload["userErrors"][0]["code"])


async def test_an_application_boots_without_a_token(client: GraphClient) -> None:
    answer = await client.send("{ me { id username } }")
    assert answer.body == {"data": {"me": None}}


async def test_log_in_by_name_or_address_in_any_case(client: GraphClient, alice: Person) -> None:
    for identifier in (alice.email.upper(), alice.username.title()):
        payload = await client.login(identifier)
        assert payload["user"] == {"id": alice.id}
        assert payload["userErrors"] == []
    sessions = await client.send("{ sessions { id } }", token=alice.access_token)
    assert len(sessions.data["sessions"]) == 3


async def test_wrong_password_and_unknown_user_look_the_same(
    client: GraphClient, alice: Person
) -> None:
    async def attempt(identifier: str) -> bytes:
        wrong = {"identifier": identifier, "password": "wrong horse battery"}
        response = await client.http.post(
            "/graphql", json={"query": LOGIN, "variables": {"input": wrong}}
        )
        return response.content

    answer = await attempt(alice.username)
    assert b'"INVALID_CREDENTIALS","path":[]' in answer.replace(b" ", b"")
    assert await attempt("nobody") == answer


@pytest.mark.parametrize("exists", [True, False])
async def test_log_in_is_rate_limited_by_account_and_address(
    client: GraphClient, alice: Person, exists: bool
) -> None:
    name = alice.username if exists else "nobody-at-all"
    address = {"x-forwarded-for": random_address()}

    async def attempt(password: str, headers: dict[str, str] = address) -> Answer:
        variables = {"input": {"identifier": name, "password": password}}
        return await client.send(LOGIN, variables, headers=headers)

    for number in range(5):
        wrong = await attempt(f"wrong guess {number}")
        assert wrong.data["login"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    limited = await attempt(PASSWORD)
    assert limited.partial_data == {"login": None}
    (error,) = limited.errors
    assert (error["path"], error["extensions"]["code"]) == (["login"], "RATE_LIMITED")
    assert 1 <= error["extensions"]["retryAfter"] <= 900
    assert limited.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    elsewhere = await attempt(PASSWORD, {"x-forwarded-for": random_address()})
    codes = [error["code"] for error in elsewhere.data["login"]["userErrors"]]
    assert codes == ([] if exists else ["INVALID_CREDENTIALS"])


async def test_an_expired_token_is_named(stack: Stack, client: GraphClient, alice: Person) -> None:
    answer = await client.send(
        "{ me { id } tasks { nodes { id } } }", token=expired(stack, alice.access_token)
    )
    assert answer.status == 200
    assert answer.partial_data == {"me": None, "tasks": None}
    assert sorted(
        (error["path"][0], error["extensions"]["code"], error["extensions"]["reason"])
        for error in answer.errors
    ) == [
        ("me", "UNAUTHENTICATED", "TOKEN_EXPIRED"),
        ("tasks", "UNAUTHENTICATED", "TOKEN_EXPIRED"),
    ]


async def test_forged_tokens_are_refused_by_router_and_subgraph(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    tasks_url = f"http://127.0.0.1:{stack.ports['TASKS_PORT']}/graphql"
    tokens: dict[str, str | None] = {**forgeries(stack, alice.access_token), "none at all": None}
    for what, token in tokens.items():
        through_router = await client.send("{ tasks { nodes { id } } }", token=token)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        response = await client.http.post(
            tasks_url, json={"query": "{ tasks { nodes { id } } }"}, headers=headers
        )
        reason = "TOKEN_MISSING" if token is None else "TOKEN_INVALID"
        for body in (through_router.body, response.json()):
            assert body["data"] == {"tasks": None}, what
            (error,) = body["errors"]
            assert error["path"] == ["tasks"], what
            assert error["extensions"]["code"] == "UNAUTHENTICATED", what
            assert error["extensions"]["reason"] == reason, what


async def test_refresh_while_the_old_token_is_still_sent(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    stale = expired(stack, alice.access_token)
    payload = (await refresh(client, alice.refresh_token, stale)).data["refreshTokens"]
    assert payload["userErrors"] == []
    assert payload["tokens"]["refreshToken"] != alice.refresh_token
    assert payload["tokens"]["expiresIn"] == 900
    before, after = claims_of(alice.access_token), claims_of(payload["tokens"]["accessToken"])
    assert before["sid"] == after["sid"]
    for token in (stale, "nonsense"):
        answer = await client.send(
            LOGIN, {"input": {"identifier": alice.username, "password": PASSWORD}}, token=token
        )
        assert answer.data["login"]["userErrors"] == []


async def test_two_tabs_refresh_at_the_same_moment(client: GraphClient, alice: Person) -> None:
    answers = await asyncio.gather(*(refresh(client, alice.refresh_token) for _ in range(2)))
    later = await refresh(client, alice.refresh_token)
    pairs = [answer.data["refreshTokens"]["tokens"] for answer in (*answers, later)]
    assert len({pair["refreshToken"] for pair in pairs}) == 3
    for pair in pairs:
        sessions = await client.send("{ sessions { id } }", token=pair["accessToken"])
        assert len(sessions.data["sessions"]) == 1


async def test_a_refresh_token_used_again_later_ends_its_session(
    stack: Stack, client: GraphClient, alice: Person
) -> None:
    other = (await client.login(alice.username))["tokens"]
    newest = (await refresh(client, alice.refresh_token)).data["refreshTokens"]["tokens"]

    async def is_taken_for_theft() -> bool:
        nonlocal newest
        payload = (await refresh(client, alice.refresh_token)).data["refreshTokens"]
        if payload["tokens"] is None:
            assert payload["userErrors"] == [
                {"code": "REFRESH_TOKEN_REUSED", "path": ["input", "refreshToken"]}
            ]
            return True
        newest = payload["tokens"]
        return False

    await eventually(is_taken_for_theft, within_s=5)
    assert await refused(client, newest["refreshToken"]) == "REFRESH_TOKEN_INVALID"
    me = await client.send("{ me { id } }", token=newest["accessToken"])
    assert me.errors[0]["extensions"]["reason"] == "SESSION_ENDED"
    still = await client.send("{ me { id } }", token=other["accessToken"])
    assert still.data == {"me": {"id": alice.id}}
    connection = await asyncpg.connect(stack.database_url("auth").replace("+asyncpg", ""))
    recorded = await connection.fetchval(
        "SELECT count(*) FROM audit_events WHERE kind = 'REFRESH_REUSED' AND subject_id = $1",
        uuid.UUID(alice.id.removeprefix("user_")),
    )
    await connection.close()
    assert recorded == 1


async def test_my_devices(client: GraphClient, alice: Person, bob: Person) -> None:
    other = (await client.login(alice.username))["tokens"]
    sessions = (await client.send(SESSIONS, token=alice.access_token)).data["sessions"]
    assert sorted(session["isCurrent"] for session in sessions) == [False, True]
    assert all(session["createdAt"] and session["expiresAt"] for session in sessions)
    mine, second = sorted(sessions, key=lambda session: not session["isCurrent"])
    operation = """mutation($id: ID!) { revokeSession(input: { sessionId: $id }) {
      revokedSessionId userErrors { code } } }"""
    foreign = await client.send(operation, {"id": mine["id"]}, token=bob.access_token)
    assert foreign.data["revokeSession"]["userErrors"] == [{"code": "NOT_FOUND"}]
    revoked = await client.send(operation, {"id": second["id"]}, token=alice.access_token)
    assert revoked.data["revokeSession"] == {"revokedSessionId": second["id"], "userErrors": []}
    assert await refused(client, other["refreshToken"]) == "REFRESH_TOKEN_INVALID"


async def test_log_out_without_an_access_token(client: GraphClient, alice: Person) -> None:
    async def has_reached_tasks() -> bool:
        answer = await client.send("{ tasks { totalCount } }", token=alice.access_token)
        return [error["extensions"].get("reason") for error in answer.errors] == ["SESSION_ENDED"]

    first = await client.send(LOGOUT, {"token": alice.refresh_token})
    await eventually(has_reached_tasks, within_s=REVOCATION_S)
    assert first.data["logout"] == {"sessionEnded": True, "userErrors": []}
    second = await client.send(LOGOUT, {"token": alice.refresh_token})
    assert second.data["logout"] == {"sessionEnded": False, "userErrors": []}
    assert await refused(client, alice.refresh_token) == "REFRESH_TOKEN_INVALID"


async def test_change_the_password(client: GraphClient, alice: Person) -> None:
    other = (await client.login(alice.username))["tokens"]
    wrong = await client.send(
        CHANGE_PASSWORD,
        {"current": "wrong", "new": "even better horse"},
        token=alice.access_token,
    )
    assert wrong.data["changePassword"]["userErrors"] == [
        {"code": "CURRENT_PASSWORD_INVALID", "path": ["input", "currentPassword"]}
    ]
    right = await client.send(
        CHANGE_PASSWORD,
        {"current": PASSWORD, "new": "even better horse"},
        token=alice.access_token,
    )
    assert right.data["changePassword"]["user"] == {"id": alice.id}
    assert right.data["changePassword"]["tokens"]["refreshToken"]
    assert await refused(client, other["refreshToken"]) == "REFRESH_TOKEN_INVALID"
    assert (await client.login(alice.username))["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    assert (await client.login(alice.username, "even better horse"))["userErrors"] == []


async def test_the_current_password_cannot_be_guessed(client: GraphClient, alice: Person) -> None:
    guess = {"current": "wrong", "new": "even better horse"}
    for _ in range(5):
        answer = await client.send(CHANGE_PASSWORD, guess, token=alice.access_token)
        (problem,) = answer.data["changePassword"]["userErrors"]
        assert problem["code"] == "CURRENT_PASSWORD_INVALID"
    sixth = await client.send(CHANGE_PASSWORD, guess, token=alice.access_token)
    assert sixth.codes == ["RATE_LIMITED"]
    assert 0 < sixth.errors[0]["extensions"]["retryAfter"] <= 600


async def test_a_script_checks_tokens(stack: Stack, client: GraphClient, alice: Person) -> None:
    async def verify(token: str) -> dict[str, object]:
        answer = await client.send(VERIFY, {"token": token})
        verdict: dict[str, object] = answer.data["verifyToken"]
        return verdict

    good = await verify(alice.access_token)
    assert good.pop("expiresAt")
    assert good == {
        "valid": True,
        "rejection": None,
        "user": {"id": alice.id, "username": alice.username},
        "role": "USER",
        "scopes": ["account", "tasks:read", "tasks:write"],
    }
    bad: dict[str, object] = {
        "valid": False,
        "user": None,
        "role": None,
        "scopes": [],
        "expiresAt": None,
    }
    assert await verify(expired(stack, alice.access_token)) == {**bad, "rejection": "EXPIRED"}
    assert await verify("nonsense") == {**bad, "rejection": "INVALID"}
    await client.send(LOGOUT, {"token": alice.refresh_token})
    assert await verify(alice.access_token) == {**bad, "rejection": "REVOKED"}
