"""Signing up, profiles, administration: what people and administrators do with accounts."""

import asyncio
import re
import secrets
import uuid

import asyncpg
import pytest

from devstack.stack import Stack
from tests.support.graph_client import PASSWORD, REGISTER, Answer, GraphClient, Person
from tests.support.running_stack import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.support.tokens import claims_of
from tests.support.waiting import REVOCATION_S, eventually

UPDATE_PROFILE = """mutation($input: UpdateProfileInput!) { updateProfile(input: $input) {
  user { id username email } userErrors { code path } } }"""
SET_STATUS = """mutation($user: ID!, $status: UserStatus!) {
  setUserStatus(input: { userId: $user, status: $status }) {
    user { id status } userErrors { code } } }"""
SET_ROLE = """mutation($user: ID!, $role: UserRole!) {
  setUserRole(input: { userId: $user, role: $role }) { user { id role } userErrors { code } } }"""
DELETE_USER = """mutation($id: ID!) {
  deleteUser(input: { id: $id }) { deletedUserId userErrors { code } } }"""
REFRESH = """mutation($token: String!) { refreshTokens(input: { refreshToken: $token }) {
  tokens { accessToken refreshToken } userErrors { code } } }"""


@pytest.fixture
async def root(client: GraphClient) -> str:
    """An access token of the administrator."""
    payload = await client.login(ADMIN_EMAIL, ADMIN_PASSWORD)
    token: str = payload["tokens"]["accessToken"]
    return token


async def test_sign_up(client: GraphClient) -> None:
    name = f"alice{secrets.token_hex(4)}"
    answer = await client.send(
        REGISTER,
        {"input": {"email": f"{name.title()}@Example.com", "username": name, "password": PASSWORD}},
    )
    payload = answer.data["register"]
    user, tokens = payload["user"], payload["tokens"]
    assert payload["userErrors"] == []
    assert user["id"].startswith("user_")
    assert user["email"] == f"{name}@example.com"
    assert (user["role"], user["status"]) == ("USER", "ACTIVE")
    assert user["lastLoginAt"] is not None
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 900)
    claims = claims_of(tokens["accessToken"])
    assert claims["sub"] == user["id"]
    assert "@" not in str(claims)


async def test_a_role_cannot_be_chosen_at_sign_up(client: GraphClient) -> None:
    answer = await client.send(
        """mutation { register(input: { email: "x@example.com", password: "correct horse",
             role: ADMIN }) { user { id } } }"""
    )
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_name_in_another_case_is_taken(client: GraphClient, alice: Person) -> None:
    answer = await client.send(
        REGISTER,
        {
            "input": {
                "email": f"{secrets.token_hex(4)}@example.com",
                "username": alice.username.upper(),
                "password": PASSWORD,
            }
        },
    )
    payload = answer.data["register"]
    assert (payload["user"], payload["tokens"]) == (None, None)
    (error,) = payload["userErrors"]
    assert (error["code"], error["path"]) == ("USERNAME_TAKEN", ["input", "username"])


async def test_of_ten_who_want_one_name_at_once_one_gets_it(client: GraphClient) -> None:
    name = f"wanted{secrets.token_hex(4)}"

    async def attempt(number: int) -> str:
        answer = await client.send(
            REGISTER,
            {
                "input": {
                    "email": f"{name}-{number}@example.com",
                    "username": name,
                    "password": PASSWORD,
                }
            },
        )
        payload = answer.data["register"]
        return "got it" if payload["user"] else str(payload["userErrors"][0]["code"])

    outcomes = sorted(await asyncio.gather(*(attempt(number) for number in range(10))))
    assert outcomes == ["USERNAME_TAKEN"] * 9 + ["got it"]


async def test_everything_wrong_is_told_at_once_and_in_russian(client: GraphClient) -> None:
    answer = await client.send(
        REGISTER,
        {"input": {"email": "not-an-address", "username": "a", "password": "password"}},
        headers={"accept-language": "ru"},
    )
    errors = answer.data["register"]["userErrors"]
    assert [(error["code"], error["path"]) for error in errors] == [
        ("INVALID", ["input", "email"]),
        ("TOO_SHORT", ["input", "username"]),
        ("PASSWORD_TOO_COMMON", ["input", "password"]),
    ]
    assert all(re.search("[а-я]", error["message"]) for error in errors)


async def test_every_letter_of_a_long_password_counts(client: GraphClient) -> None:
    password = "съешьещёэтихмягкихфранцузскихбулок" + "абвгдежзиклмнопрстуфхцчшщыэюяё"
    person = await client.register(password=password)
    assert (await client.login(person.username, password))["userErrors"] == []
    cut = await client.login(person.username, password[:36])
    assert cut["userErrors"][0]["code"] == "INVALID_CREDENTIALS"


async def test_change_the_profile(client: GraphClient, alice: Person) -> None:
    name = f"k{secrets.token_hex(5)}"
    task = await client.create_task(alice, "Buy milk")
    renamed = await client.send(
        UPDATE_PROFILE, {"input": {"username": name}}, token=alice.access_token
    )
    assert renamed.data["updateProfile"] == {
        "user": {"id": alice.id, "username": name, "email": alice.email},
        "userErrors": [],
    }
    owner = await client.send(
        "query($id: ID!) { task(id: $id) { owner { username } } }",
        {"id": task["id"]},
        token=alice.access_token,
    )
    assert owner.data["task"]["owner"]["username"] == name
    without_password = await client.send(
        UPDATE_PROFILE, {"input": {"email": "new@example.com"}}, token=alice.access_token
    )
    assert without_password.data["updateProfile"] == {
        "user": None,
        "userErrors": [{"code": "CURRENT_PASSWORD_INVALID", "path": ["input", "currentPassword"]}],
    }


BY_NAME = """query($name: String!) { userByUsername(username: $name) {
  id username createdAt email role status lastLoginAt } }"""


async def test_a_profile_shows_strangers_its_public_side(
    client: GraphClient, alice: Person, bob: Person
) -> None:
    answer = await client.send(BY_NAME, {"name": alice.username.title()}, token=bob.access_token)
    user = answer.data["userByUsername"]
    assert (user["id"], user["username"]) == (alice.id, alice.username)
    assert user["createdAt"]
    assert [user[name] for name in ("email", "role", "status", "lastLoginAt")] == [None] * 4
    nobody = await client.send(BY_NAME, {"name": "nobody-here"}, token=bob.access_token)
    assert nobody.data == {"userByUsername": None}
    anonymous = await client.send(BY_NAME, {"name": alice.username})
    assert anonymous.codes == ["UNAUTHENTICATED"]


async def test_profiles_cannot_be_harvested(client: GraphClient, alice: Person) -> None:
    for _ in range(30):
        answer = await client.send(BY_NAME, {"name": "nobody"}, token=alice.access_token)
        assert answer.errors == []
    refused = await client.send(BY_NAME, {"name": "nobody"}, token=alice.access_token)
    assert refused.codes == ["RATE_LIMITED"]


async def test_suspend_an_account(client: GraphClient, root: str, bob: Person) -> None:
    task = await client.create_task(bob, "Still here")
    answer = await client.send(SET_STATUS, {"user": bob.id, "status": "SUSPENDED"}, token=root)
    assert answer.data["setUserStatus"] == {
        "user": {"id": bob.id, "status": "SUSPENDED"},
        "userErrors": [],
    }
    assert await has_ended(client, bob, "me { id }")
    await eventually(lambda: has_ended(client, bob, "tasks { totalCount }"), within_s=REVOCATION_S)
    assert (await client.login(bob.username))["userErrors"][0]["code"] == "ACCOUNT_SUSPENDED"
    wrong = await client.login(bob.username, "another horse battery")
    assert wrong["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    refresh = await client.send(REFRESH, {"token": bob.refresh_token})
    assert refresh.data["refreshTokens"]["userErrors"] == [{"code": "REFRESH_TOKEN_INVALID"}]
    await client.send(SET_STATUS, {"user": bob.id, "status": "ACTIVE"}, token=root)
    again = await client.login(bob.username)

    async def has_the_task_back() -> bool:
        tasks = await client.send(
            "{ tasks { nodes { id } } }", token=again["tokens"]["accessToken"]
        )
        return bool(tasks.body == {"data": {"tasks": {"nodes": [{"id": task["id"]}]}}})

    await eventually(has_the_task_back, within_s=REVOCATION_S)


async def owns_nothing(stack: Stack, user_id: str) -> bool:
    """Whether the tasks database holds no row of a user, trash and idempotency keys included."""
    owner = uuid.UUID(user_id.removeprefix("user_"))
    connection = await asyncpg.connect(stack.database_url("tasks").replace("+asyncpg", ""))
    try:
        tables = await connection.fetch(
            """SELECT table_name FROM information_schema.columns
               WHERE table_schema = 'public' AND column_name = 'owner_id'
              AND table_name <> 'task_owners'"""  # remembers that this user was deleted
        )
        assert tables
        counts = [
            await connection.fetchval(
                f"SELECT count(*) FROM {record['table_name']} WHERE owner_id = $1",  # noqa: S608
                owner,
            )
            for record in tables
        ]
    finally:
        await connection.close()
    return not any(counts)


async def has_ended(client: GraphClient, person: Person, field: str) -> bool:
    answer = await client.send(f"{{ {field} }}", token=person.access_token)
    reasons = [error["extensions"].get("reason") for error in answer.errors]
    return reasons == ["SESSION_ENDED"]


USERS = """query($search: String) { users(first: 2, filter: { roles: [USER], search: $search },
  orderBy: { field: USERNAME, direction: ASC }) {
    totalCount nodes { id username email role status } pageInfo { hasNextPage } } }"""


async def test_an_administrator_lists_users(client: GraphClient, root: str, alice: Person) -> None:
    answer = await client.send(USERS, {"search": alice.username[:-1].upper()}, token=root)
    assert answer.data["users"] == {
        "totalCount": 1,
        "nodes": [
            {
                "id": alice.id,
                "username": alice.username,
                "email": alice.email,
                "role": "USER",
                "status": "ACTIVE",
            }
        ],
        "pageInfo": {"hasNextPage": False},
    }


async def test_a_user_may_not_list_users(client: GraphClient, alice: Person) -> None:
    answer = await client.send("{ me { username } users { totalCount } }", token=alice.access_token)
    assert answer.partial_data == {"me": {"username": alice.username}, "users": None}
    (error,) = answer.errors
    assert error["path"] == ["users"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["extensions"]["requiredScopes"] == [["users:read"]]


async def test_a_granted_role_counts_from_the_next_refresh(
    client: GraphClient, root: str, bob: Person
) -> None:
    granted = await client.send(SET_ROLE, {"user": bob.id, "role": "MANAGER"}, token=root)
    assert granted.data["setUserRole"] == {
        "user": {"id": bob.id, "role": "MANAGER"},
        "userErrors": [],
    }
    before = await client.send("{ users { totalCount } }", token=bob.access_token)
    assert before.codes == ["FORBIDDEN"]
    refreshed = await client.send(REFRESH, {"token": bob.refresh_token})
    token = refreshed.data["refreshTokens"]["tokens"]["accessToken"]
    after = await client.send("{ users { totalCount } }", token=token)
    assert after.data["users"]["totalCount"] > 0
    writing = await client.send(SET_ROLE, {"user": bob.id, "role": "ADMIN"}, token=token)
    assert writing.codes == ["FORBIDDEN"]
    assert writing.errors[0]["extensions"]["requiredScopes"] == [["users:write"]]


async def test_the_last_administrator_stays(client: GraphClient, root: str) -> None:
    own_id = claims_of(root)["sub"]
    demoted = await client.send(SET_ROLE, {"user": own_id, "role": "USER"}, token=root)
    assert demoted.data["setUserRole"] == {"user": None, "userErrors": [{"code": "LAST_ADMIN"}]}


async def test_of_two_administrators_who_demote_each_other_one_stays(
    client: GraphClient, stack: Stack, root: str, alice: Person, bob: Person
) -> None:
    """With the stack's own administrator suspended for the moment, these two are the last."""
    root_id = claims_of(root)["sub"]
    tokens = {}
    for person in (alice, bob):
        await client.send(SET_ROLE, {"user": person.id, "role": "ADMIN"}, token=root)
        tokens[person.id] = (await client.login(person.username))["tokens"]["accessToken"]
    await client.send(SET_STATUS, {"user": root_id, "status": "SUSPENDED"}, token=tokens[alice.id])
    try:
        answers = await asyncio.gather(
            client.send(SET_ROLE, {"user": bob.id, "role": "USER"}, token=tokens[alice.id]),
            client.send(SET_ROLE, {"user": alice.id, "role": "USER"}, token=tokens[bob.id]),
        )
        # Whoever is later is no administrator any more, or would have demoted the last one.
        winners = [answer for answer in answers if not answer.errors and _has_done_it(answer)]
        assert len(winners) == 1
        (loser,) = [answer for answer in answers if answer is not winners[0]]
        codes = loser.codes or [error["code"] for error in loser.data["setUserRole"]["userErrors"]]
        assert codes in (["LAST_ADMIN"], ["FORBIDDEN"])
        administrators = await _administrators(stack)
        assert len(administrators) == 1
        assert administrators <= {alice.id, bob.id}
    finally:
        (last,) = await _administrators(stack)
        await client.send(SET_STATUS, {"user": root_id, "status": "ACTIVE"}, token=tokens[last])
        await eventually(lambda: _root_is_back(client), within_s=REVOCATION_S)


async def _root_is_back(client: GraphClient) -> bool:
    """Whether auth, the router and tasks all know of it; that, too, takes its time."""
    payload = await client.login(ADMIN_EMAIL, ADMIN_PASSWORD)
    if payload["tokens"] is None:
        return False
    asked = "{ sessions { id } tasks { totalCount } }"
    answer = await client.send(asked, token=payload["tokens"]["accessToken"])
    return not answer.errors


def _has_done_it(answer: Answer) -> bool:
    return bool(answer.data["setUserRole"]["userErrors"] == [])


async def _administrators(stack: Stack) -> set[str]:
    """Ids of the active ones."""
    connection = await asyncpg.connect(stack.database_url("auth").replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(
            "SELECT id FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE'"
        )
    finally:
        await connection.close()
    return {f"user_{row['id'].hex}" for row in rows}


async def test_a_deleted_user_takes_the_tasks_along(
    client: GraphClient, stack: Stack, root: str, alice: Person
) -> None:
    for number in range(5):
        await client.create_task(alice, f"task {number}", idempotencyKey=f"key-number-{number}")
    deleted = await client.send(DELETE_USER, {"id": alice.id}, token=root)
    assert deleted.data["deleteUser"] == {"deletedUserId": alice.id, "userErrors": []}
    assert await has_ended(client, alice, "me { id }")
    await asyncio.gather(
        eventually(lambda: has_ended(client, alice, "tasks { totalCount }"), within_s=REVOCATION_S),
        eventually(lambda: owns_nothing(stack, alice.id), within_s=REVOCATION_S),
    )
    login = await client.login(alice.username)
    assert login["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
    refresh = await client.send(REFRESH, {"token": alice.refresh_token})
    assert refresh.data["refreshTokens"]["userErrors"] == [{"code": "REFRESH_TOKEN_INVALID"}]
    namesake = await client.register(alice.username)
    tasks = await client.send("{ tasks { totalCount } }", token=namesake.access_token)
    assert tasks.data["tasks"]["totalCount"] == 0
