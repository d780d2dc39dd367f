"""What people do to their own account (scenarios 17, 18, 38)."""

import asyncio

from tests.auth_subgraph.graph import PASSWORD, AuthGraph
from tests.support.waiting import eventually

CHANGE = """
mutation($current: String!, $new: String!, $end: Boolean! = true) {
  changePassword(
    input: { currentPassword: $current, newPassword: $new, endOtherSessions: $end }
  ) { user { id } tokens { accessToken refreshToken } userErrors { code path } }
}
"""
UPDATE = """
mutation($input: UpdateProfileInput!) {
  updateProfile(input: $input) { user { id username email updatedAt } userErrors { code path } }
}
"""
DELETE = """
mutation($password: String!) {
  deleteMyAccount(input: { currentPassword: $password }) {
    deletedUserId userErrors { code path }
  }
}
"""
NEW = "even better horse"
CURRENT_PASSWORD_INVALID = {
    "code": "CURRENT_PASSWORD_INVALID",
    "path": ["input", "currentPassword"],
}


async def test_changing_the_password_replaces_the_tokens_and_ends_other_sessions(
    auth: AuthGraph,
) -> None:
    alice = await auth.register("alice")
    other = await auth.log_in("alice")
    variables = {"current": PASSWORD, "new": NEW}
    payload = (await auth.data(CHANGE, variables, token=alice.token))["changePassword"]
    assert (payload["user"], payload["userErrors"]) == ({"id": alice.id}, [])
    assert await auth.me_reason(payload["tokens"]["accessToken"]) is None
    assert await auth.refresh_code(alice.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.refresh_code(payload["tokens"]["refreshToken"]) is None
    assert await auth.refresh_code(other.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.me_reason(other.token) == "SESSION_ENDED"
    assert await auth.login_code("alice", PASSWORD) == "INVALID_CREDENTIALS"
    assert await auth.login_code("alice", NEW) is None
    assert "PASSWORD_CHANGED" in await auth.audited()


async def test_other_sessions_may_stay(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    other = await auth.log_in("alice")
    variables = {"current": PASSWORD, "new": NEW, "end": False}
    await auth.data(CHANGE, variables, token=alice.token)
    assert await auth.refresh_code(other.refresh_token) is None


async def test_all_problems_of_a_password_change_are_said_at_once(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    variables = {"current": "wrong", "new": "alice"}
    payload = (await auth.data(CHANGE, variables, token=alice.token))["changePassword"]
    assert (payload["user"], payload["tokens"]) == (None, None)
    assert payload["userErrors"] == [
        CURRENT_PASSWORD_INVALID,
        {"code": "TOO_SHORT", "path": ["input", "newPassword"]},
    ]
    for common in ("password1", "my alice secret", "xALICE@example.comx"):
        variables = {"current": PASSWORD, "new": common}
        payload = (await auth.data(CHANGE, variables, token=alice.token))["changePassword"]
        assert payload["userErrors"][0]["code"] == "PASSWORD_TOO_COMMON"


async def test_a_stolen_session_cannot_guess_the_password(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    variables = {"current": "wrong", "new": NEW}
    for _ in range(5):
        payload = (await auth.data(CHANGE, variables, token=alice.token))["changePassword"]
        assert payload["userErrors"] == [CURRENT_PASSWORD_INVALID]
    for operation, values in (
        (CHANGE, {"current": PASSWORD, "new": NEW}),
        (DELETE, {"password": PASSWORD}),
        (UPDATE, {"input": {"email": "new@example.com", "currentPassword": PASSWORD}}),
    ):
        extensions = await auth.error(operation, values, token=alice.token)
        assert extensions["code"] == "RATE_LIMITED"
        assert 580 <= extensions["retryAfter"] <= 600


async def test_a_right_password_clears_the_throttle(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for _ in range(2):
        for _ in range(4):
            await auth.data(CHANGE, {"current": "wrong", "new": NEW}, token=alice.token)
        same = {"current": PASSWORD, "new": PASSWORD}
        payload = (await auth.data(CHANGE, same, token=alice.token))["changePassword"]
        assert payload["userErrors"] == []


async def test_parallel_password_changes_have_one_winner(auth: AuthGraph) -> None:
    alice = await auth.register("alice")

    async def change(number: int) -> bool:
        variables = {"current": PASSWORD, "new": f"{NEW} {number}"}
        payload = (await auth.data(CHANGE, variables, token=alice.token))["changePassword"]
        return bool(payload["userErrors"] == [])

    outcomes = await asyncio.gather(*(change(number) for number in range(4)))
    assert outcomes.count(True) == 1


async def test_a_new_username_needs_no_password_and_leaves_the_token_good(
    auth: AuthGraph,
) -> None:
    alice = await auth.register("alice")
    data = await auth.data(UPDATE, {"input": {"username": "Alice.K"}}, token=alice.token)
    user = data["updateProfile"]["user"]
    assert (user["id"], user["username"], user["email"]) == (
        alice.id, "alice.k", "alice@example.com"
    )  # fmt: skip
    assert await auth.me_reason(alice.token) is None
    assert await auth.events("user.updated") == [
        {"id": alice.id, "username": "alice.k", "changed": ["username"]}
    ]
    assert (await auth.audited())[-1] == "USERNAME_CHANGED"


async def test_a_new_email_needs_the_password(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for password in ({}, {"currentPassword": None}, {"currentPassword": "wrong"}):
        values = {"email": "new@example.com", **password}
        payload = (await auth.data(UPDATE, {"input": values}, token=alice.token))["updateProfile"]
        assert payload == {"user": None, "userErrors": [CURRENT_PASSWORD_INVALID]}
    values = {"email": "New@example.com", "currentPassword": PASSWORD}
    payload = (await auth.data(UPDATE, {"input": values}, token=alice.token))["updateProfile"]
    assert payload["user"]["email"] == "new@example.com"
    assert await auth.login_code("new@example.com", PASSWORD) is None
    events = await auth.events("user.updated")
    assert events == [{"id": alice.id, "username": "alice", "changed": ["email"]}]


async def test_parallel_changes_of_username_and_email_both_hold(auth: AuthGraph) -> None:
    alice = await auth.register("alice")

    async def change(**values: str) -> None:
        data = await auth.data(UPDATE, {"input": values}, token=alice.token)
        assert data["updateProfile"]["userErrors"] == []

    async def both_wait() -> bool:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return await auth.database.fetch_value(waiting) == 2

    async with auth.database.dedicated_connection() as other:
        await other.execute("BEGIN; SELECT FROM users FOR UPDATE")
        async with asyncio.TaskGroup() as group:
            group.create_task(change(username="alicia"))
            group.create_task(change(email="new@example.com", currentPassword=PASSWORD))
            await eventually(both_wait, within_s=10)
            await other.execute("ROLLBACK")
    me = (await auth.data("{ me { username email } }", token=alice.token))["me"]
    assert me == {"username": "alicia", "email": "new@example.com"}
    changed = [event["changed"] for event in await auth.events("user.updated")]
    assert sorted(changed) == [["email"], ["username"]]


async def test_an_unchanged_profile_is_no_event(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for values in ({}, {"username": None}, {"username": "ALICE", "email": "ALICE@example.com"}):
        payload = (await auth.data(UPDATE, {"input": values}, token=alice.token))["updateProfile"]
        assert (payload["user"]["username"], payload["userErrors"]) == ("alice", [])
    assert await auth.events("user.updated") == []


async def test_all_problems_of_a_profile_are_said_at_once(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    await auth.register("bob")
    values = {"username": "bob", "email": "nonsense"}
    payload = (await auth.data(UPDATE, {"input": values}, token=alice.token))["updateProfile"]
    assert [error["code"] for error in payload["userErrors"]] == [
        "INVALID",
        "CURRENT_PASSWORD_INVALID",
        "USERNAME_TAKEN",
    ]


async def test_one_of_many_gets_a_name_that_all_want(auth: AuthGraph) -> None:
    people = [await auth.register(f"user{number}") for number in range(8)]

    async def rename(token: str) -> list[str]:
        payload = await auth.data(UPDATE, {"input": {"username": "wanted"}}, token=token)
        return [error["code"] for error in payload["updateProfile"]["userErrors"]]

    outcomes = await asyncio.gather(*(rename(person.token) for person in people))
    assert outcomes.count([]) == 1
    assert outcomes.count(["USERNAME_TAKEN"]) == 7


async def test_deleting_my_account(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    payload = (await auth.data(DELETE, {"password": "wrong"}, token=alice.token))["deleteMyAccount"]
    assert payload == {"deletedUserId": None, "userErrors": [CURRENT_PASSWORD_INVALID]}
    payload = (await auth.data(DELETE, {"password": PASSWORD}, token=alice.token))[
        "deleteMyAccount"
    ]
    assert payload == {"deletedUserId": alice.id, "userErrors": []}
    assert await auth.me_reason(alice.token) == "SESSION_ENDED"
    assert await auth.refresh_code(alice.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.login_code("alice", PASSWORD) == "INVALID_CREDENTIALS"
    assert await auth.events("user.deleted") == [{"id": alice.id}]
    for table in ("sessions", "refresh_tokens", "known_addresses"):
        assert await auth.database.fetch_value(f"SELECT count(*) FROM {table}") == 0  # noqa: S608
    assert (await auth.register("alice")).id != alice.id


async def test_the_last_administrator_stays(auth: AuthGraph) -> None:
    root = await auth.administrator()
    payload = (await auth.data(DELETE, {"password": PASSWORD}, token=root.token))["deleteMyAccount"]
    assert payload["userErrors"] == [{"code": "LAST_ADMIN", "path": []}]
