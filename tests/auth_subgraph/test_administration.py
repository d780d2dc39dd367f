"""What administrators do to other people's accounts (scenarios 34, 37, 38)."""

import asyncio

import pytest

from subgraph_kit.ids import format_id, uuid7
from tests.auth_subgraph.graph import PASSWORD, AuthGraph

SET_ROLE = (
    "mutation($id: ID!, $role: UserRole!) { setUserRole(input: { userId: $id, role: $role })"
    " { user { id role } userErrors { code path } } }"
)
SET_STATUS = (
    "mutation($id: ID!, $status: UserStatus!)"
    " { setUserStatus(input: { userId: $id, status: $status })"
    " { user { id status } userErrors { code path } } }"
)
REVOKE = (
    "mutation($id: ID!) { revokeUserSessions(input: { userId: $id })"
    " { endedSessions userErrors { code path } } }"
)
DELETE = (
    "mutation($id: ID!) { deleteUser(input: { id: $id })"
    " { deletedUserId userErrors { code path } } }"
)


async def test_suspending_ends_everything_and_reinstating_opens_the_door(auth: AuthGraph) -> None:
    root, bob = await auth.administrator(), await auth.register("bob")
    variables = {"id": bob.id, "status": "SUSPENDED"}
    for _ in range(2):  # the second time changes nothing
        payload = (await auth.data(SET_STATUS, variables, token=root.token))["setUserStatus"]
        assert payload == {"user": {"id": bob.id, "status": "SUSPENDED"}, "userErrors": []}
    assert await auth.login_code("bob", PASSWORD) == "ACCOUNT_SUSPENDED"
    assert await auth.login_code("bob", "wrong password") == "INVALID_CREDENTIALS"
    assert await auth.refresh_code(bob.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.me_reason(bob.token) == "SESSION_ENDED"
    events = await auth.events("user.suspended")
    assert [(event["id"], event["sids"]) for event in events] == [(bob.id, [bob.session_id])]

    variables["status"] = "ACTIVE"
    payload = (await auth.data(SET_STATUS, variables, token=root.token))["setUserStatus"]
    assert payload["user"]["status"] == "ACTIVE"
    again = await auth.log_in("bob")
    assert await auth.me_reason(again.token) is None
    assert await auth.me_reason(bob.token) == "SESSION_ENDED"
    kinds = [kind for kind in await auth.audited() if kind in {"SUSPENDED", "REINSTATED"}]
    assert kinds == ["SUSPENDED", "REINSTATED"]


async def test_a_role_takes_effect_at_the_next_refresh(auth: AuthGraph) -> None:
    root, bob = await auth.administrator(), await auth.register("bob")
    variables = {"id": bob.id, "role": "MANAGER"}
    payload = (await auth.data(SET_ROLE, variables, token=root.token))["setUserRole"]
    assert payload == {"user": {"id": bob.id, "role": "MANAGER"}, "userErrors": []}
    users = "{ users { totalCount } }"
    assert (await auth.error(users, token=bob.token))["code"] == "FORBIDDEN"
    token = (await auth.refresh(bob.refresh_token))["tokens"]["accessToken"]
    assert (await auth.data(users, token=token))["users"]["totalCount"] == 2
    extensions = await auth.error(SET_ROLE, variables, token=token)
    assert (extensions["code"], extensions["requiredScopes"]) == ("FORBIDDEN", [["users:write"]])
    assert await auth.events("user.role_changed") == [{"id": bob.id, "role": "MANAGER"}]

    variables["role"] = "USER"
    await auth.data(SET_ROLE, variables, token=root.token)
    # Taking a role away works at once here, whatever the token still says.
    assert (await auth.error(users, token=token))["code"] == "FORBIDDEN"


async def test_the_last_administrator_stays(auth: AuthGraph) -> None:
    root, bob = await auth.administrator(), await auth.register("bob")
    answer = await auth.data(
        "mutation($bob: ID!, $root: ID!) {"
        " up: setUserRole(input: { userId: $bob, role: MANAGER })"
        " { user { role } userErrors { code } }"
        " down: setUserRole(input: { userId: $root, role: USER })"
        " { user { role } userErrors { code } }"
        " off: setUserStatus(input: { userId: $root, status: SUSPENDED })"
        " { user { role } userErrors { code } }"
        " gone: deleteUser(input: { id: $root }) { deletedUserId userErrors { code } } }",
        {"bob": bob.id, "root": root.id},
        token=root.token,
    )
    last = [{"code": "LAST_ADMIN"}]
    assert answer["up"] == {"user": {"role": "MANAGER"}, "userErrors": []}
    assert answer["down"] == {"user": None, "userErrors": last}
    assert answer["off"] == {"user": None, "userErrors": last}
    assert answer["gone"] == {"deletedUserId": None, "userErrors": last}


@pytest.mark.parametrize("attempt", range(5))
async def test_of_two_who_demote_each_other_one_stays(auth: AuthGraph, attempt: int) -> None:
    root, other = await auth.administrator("root"), await auth.administrator("other")
    answers = await asyncio.gather(
        auth.post(SET_ROLE, {"id": other.id, "role": "USER"}, token=root.token),
        auth.post(SET_ROLE, {"id": root.id, "role": "USER"}, token=other.token),
    )
    outcomes = [
        answer["errors"][0]["extensions"]["code"]
        if "errors" in answer
        else [error["code"] for error in answer["data"]["setUserRole"]["userErrors"]]
        for answer in answers
    ]
    assert outcomes.count([]) == 1
    assert outcomes.count(["LAST_ADMIN"]) + outcomes.count("FORBIDDEN") == 1
    count = "SELECT count(*) FROM users WHERE role = 'ADMIN'"
    assert await auth.database.fetch_value(count) == 1


async def test_ending_all_sessions_of_a_user(auth: AuthGraph) -> None:
    root, bob = await auth.administrator(), await auth.register("bob")
    again = await auth.log_in("bob")
    payload = (await auth.data(REVOKE, {"id": bob.id}, token=root.token))["revokeUserSessions"]
    assert payload == {"endedSessions": 2, "userErrors": []}
    assert await auth.me_reason(bob.token) == "SESSION_ENDED"
    assert await auth.refresh_code(again.refresh_token) == "REFRESH_TOKEN_INVALID"


async def test_deleting_a_user(auth: AuthGraph) -> None:
    root, alice = await auth.administrator(), await auth.register("alice")
    payload = (await auth.data(DELETE, {"id": alice.id}, token=root.token))["deleteUser"]
    assert payload == {"deletedUserId": alice.id, "userErrors": []}
    assert await auth.login_code("alice", PASSWORD) == "INVALID_CREDENTIALS"
    assert await auth.refresh_code(alice.refresh_token) == "REFRESH_TOKEN_INVALID"
    assert await auth.me_reason(alice.token) == "SESSION_ENDED"
    assert await auth.events("user.deleted") == [{"id": alice.id}]
    payload = (await auth.data(DELETE, {"id": alice.id}, token=root.token))["deleteUser"]
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "id"]}]
    assert (await auth.register("alice")).id != alice.id


async def test_unknown_users_are_not_found(auth: AuthGraph) -> None:
    root = await auth.administrator()
    for user_id in (format_id("user", uuid7()), "nonsense", "", "task_" + "0" * 32):
        for field, operation, more in (
            ("setUserRole", SET_ROLE, {"role": "MANAGER"}),
            ("setUserRole", SET_ROLE, {"role": "ADMIN"}),
            ("setUserStatus", SET_STATUS, {"status": "SUSPENDED"}),
            ("revokeUserSessions", REVOKE, {}),
            ("deleteUser", DELETE, {}),
        ):
            data = await auth.data(operation, {"id": user_id, **more}, token=root.token)
            assert [error["code"] for error in data[field]["userErrors"]] == ["NOT_FOUND"]


async def test_only_writers_of_users_administer(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    for operation, more in (
        (SET_ROLE, {"role": "ADMIN"}),
        (SET_STATUS, {"status": "SUSPENDED"}),
        (REVOKE, {}),
        (DELETE, {}),
    ):
        extensions = await auth.error(operation, {"id": alice.id, **more}, token=alice.token)
        assert (extensions["code"], extensions["requiredScopes"]) == (
            "FORBIDDEN", [["users:write"]]
        )  # fmt: skip
        assert (await auth.error(operation, {"id": alice.id, **more}))["reason"] == "TOKEN_MISSING"
