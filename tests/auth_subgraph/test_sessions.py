"""Refreshing and ending sessions (scenarios 12 to 16)."""

import asyncio

import pytest

from subgraph_kit.durations import RateLimit
from tests.auth_subgraph.conftest import StartAuth
from tests.auth_subgraph.graph import REFRESH, AuthGraph

SESSIONS = "{ sessions { id isCurrent createdAt lastUsedAt expiresAt ipAddress userAgent } }"
LOGOUT = (
    "mutation($token: String) { logout(input: { refreshToken: $token })"
    " { sessionEnded userErrors { code } } }"
)
REVOKE = (
    "mutation($id: ID!) { revokeSession(input: { sessionId: $id })"
    " { revokedSessionId userErrors { code path } } }"
)


@pytest.mark.parametrize("header", ["expired", "malformed"])
async def test_refresh_works_beside_a_bad_access_token(auth: AuthGraph, header: str) -> None:
    alice = await auth.register("alice")
    token = auth.expired_token_of(alice) if header == "expired" else "nonsense"
    payload = await auth.refresh(alice.refresh_token, token=token)
    assert payload["userErrors"] == []
    assert payload["tokens"]["refreshToken"] != alice.refresh_token
    assert payload["tokens"]["expiresIn"] == 900
    assert await auth.me_reason(payload["tokens"]["accessToken"]) is None
    assert await auth.login_code("alice", "correct horse battery", token=token) is None
    data = await auth.data(SESSIONS, token=payload["tokens"]["accessToken"])
    assert alice.session_id in {session["id"] for session in data["sessions"]}


async def test_fifty_parallel_refreshes_of_one_token_all_get_pairs(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    payloads = await asyncio.gather(*(auth.refresh(alice.refresh_token) for _ in range(50)))
    assert all(payload["userErrors"] == [] for payload in payloads)
    assert len({payload["tokens"]["refreshToken"] for payload in payloads}) == 50
    assert await auth.refresh_code(alice.refresh_token) is None  # once more, one after the other
    for payload in payloads[:3]:
        data = await auth.data(SESSIONS, token=payload["tokens"]["accessToken"])
        assert len(data["sessions"]) == 1
    used = await auth.database.fetch_value(
        "SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL"
    )
    assert used == 1


async def test_a_late_repeat_ends_the_session_and_no_other(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    elsewhere = await auth.log_in("alice")
    newest = (await auth.refresh(alice.refresh_token))["tokens"]
    await auth.database.fetch("UPDATE refresh_tokens SET used_at = used_at - interval '11 s'")

    payload = await auth.refresh(alice.refresh_token)
    assert payload == {
        "tokens": None,
        "userErrors": [{"code": "REFRESH_TOKEN_REUSED", "path": ["input", "refreshToken"]}],
    }
    assert await auth.refresh_code(newest["refreshToken"]) == "REFRESH_TOKEN_INVALID"
    assert await auth.refresh_code(alice.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.me_reason(newest["accessToken"]) == "SESSION_ENDED"
    assert await auth.me_reason(elsewhere.token) is None
    assert (await auth.audited()).count("REFRESH_REUSED") == 1
    events = await auth.events("session.revoked")
    assert [(event["id"], event["sids"]) for event in events] == [(alice.id, [alice.session_id])]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE refresh_tokens SET expires_at = now()",
        "UPDATE sessions SET created_at = created_at - interval '30 days'",
    ],
)
async def test_tokens_and_sessions_expire(auth: AuthGraph, change: str) -> None:
    alice = await auth.register("alice")
    await auth.database.fetch(change)
    assert await auth.refresh_code(alice.refresh_token) == "REFRESH_TOKEN_EXPIRED"


async def test_unknown_and_malformed_refresh_tokens_are_invalid(auth: AuthGraph) -> None:
    for token in ("", "nonsense", "rt_" + "A" * 43, "rt_" + "я" * 43):
        assert await auth.refresh_code(token) == "REFRESH_TOKEN_INVALID"


async def test_refreshes_are_limited_per_address(start_auth: StartAuth) -> None:
    async with start_auth(refresh_per_ip=RateLimit(2, 60)) as auth:
        for _ in range(2):
            await auth.refresh("nonsense")
        assert (await auth.error(REFRESH, {"token": "x"}))["code"] == "RATE_LIMITED"


async def test_my_devices(auth: AuthGraph) -> None:
    first = await auth.register("alice")
    headers = {"user-agent": "Phone/1.0 " + "x" * 300}
    second = await auth.log_in("alice", address="192.0.2.7", headers=headers)

    sessions = (await auth.data(SESSIONS, token=first.token))["sessions"]
    assert [(session["id"], session["isCurrent"]) for session in sessions] == [
        (second.session_id, False),
        (first.session_id, True),
    ]
    assert sessions[0]["ipAddress"] == "192.0.2.7"
    assert sessions[0]["userAgent"] == headers["user-agent"][:256]
    assert await auth.refresh_code(first.refresh_token) is None
    sessions = (await auth.data(SESSIONS, token=first.token))["sessions"]
    assert sessions[0]["id"] == first.session_id  # the most recently used first

    bob = await auth.register("bob")
    foreign = (await auth.data(REVOKE, {"id": first.session_id}, token=bob.token))["revokeSession"]
    assert foreign["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "sessionId"]}]
    assert foreign["revokedSessionId"] is None
    for malformed in ("", "nonsense", first.id):
        payload = await auth.data(REVOKE, {"id": malformed}, token=first.token)
        assert payload["revokeSession"]["userErrors"][0]["code"] == "NOT_FOUND"

    payload = await auth.data(REVOKE, {"id": second.session_id}, token=first.token)
    assert payload["revokeSession"] == {"revokedSessionId": second.session_id, "userErrors": []}
    assert await auth.refresh_code(second.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.me_reason(second.token) == "SESSION_ENDED"
    assert await auth.me_reason(first.token) is None


async def test_log_out_without_an_access_token(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for has_ended in (True, False):
        payload = (await auth.data(LOGOUT, {"token": alice.refresh_token}))["logout"]
        assert payload == {"sessionEnded": has_ended, "userErrors": []}
    assert await auth.refresh_code(alice.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert (await auth.audited()).count("LOGGED_OUT") == 1


async def test_log_out_by_the_access_token(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for operation in ("mutation { logout { sessionEnded } }", LOGOUT):
        person = await auth.log_in("alice")
        data = await auth.data(operation, token=person.token)
        assert data["logout"]["sessionEnded"] is True
        assert await auth.me_reason(person.token) == "SESSION_ENDED"
    assert await auth.me_reason(alice.token) is None
    assert (await auth.data("mutation { logout { sessionEnded } }"))["logout"] == {
        "sessionEnded": False
    }
    malformed = await auth.data(LOGOUT, {"token": "nonsense"}, token=alice.token)
    assert malformed["logout"]["sessionEnded"] is False


@pytest.mark.parametrize("keep_current", [True, False])
async def test_log_out_everywhere(auth: AuthGraph, keep_current: bool) -> None:
    alice = await auth.register("alice")
    others = [await auth.log_in("alice") for _ in range(2)]
    argument = "(input: { keepCurrent: true })" if keep_current else ""
    data = await auth.data(
        f"mutation {{ logoutEverywhere{argument} {{ endedSessions userErrors {{ code }} }} }}",
        token=alice.token,
    )
    assert data["logoutEverywhere"]["endedSessions"] == (2 if keep_current else 3)
    expected = None if keep_current else "SESSION_ENDED"
    assert await auth.me_reason(alice.token) == expected
    for other in others:
        assert await auth.refresh_code(other.refresh_token) == "REFRESH_TOKEN_INVALID"


async def test_what_needs_a_login_says_why_it_is_refused(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for operation in (SESSIONS, "mutation { logoutEverywhere { endedSessions } }"):
        assert await auth.error(operation) | {"requestId": ""} == {
            "code": "UNAUTHENTICATED", "reason": "TOKEN_MISSING", "requestId": ""
        }  # fmt: skip
        expired = auth.expired_token_of(alice)
        assert (await auth.error(operation, token=expired))["reason"] == "TOKEN_EXPIRED"
        assert (await auth.error(operation, token="x"))["reason"] == "TOKEN_INVALID"


async def test_a_mutation_sees_what_an_earlier_one_of_its_request_ended(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    answer = await auth.post(
        "mutation { logout { sessionEnded } logoutEverywhere { endedSessions } }",
        token=alice.token,
    )
    assert answer["data"] == {"logout": {"sessionEnded": True}, "logoutEverywhere": None}
    assert answer["errors"][0]["extensions"]["reason"] == "SESSION_ENDED"
