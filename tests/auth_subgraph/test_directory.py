"""Looking up users: `me`, entities, by name, the list (scenarios 01, 09 to 11, 19, 36)."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from subgraph_kit.database import Database
from subgraph_kit.ids import format_id, uuid7
from tests.auth_subgraph.graph import AuthGraph, Person

PRIVATE = "email role status updatedAt lastLoginAt"
ENTITIES = (
    "query($representations: [_Any!]!) { _entities(representations: $representations)"
    " { ... on User { id username createdAt %s } } }"
)
USERS = """
query($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter,
      $orderBy: UserOrder) {
  users(first: $first, after: $after, last: $last, before: $before, filter: $filter,
        orderBy: $orderBy) {
    totalCount
    nodes { username }
    edges { cursor node { username } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that reads send from now on."""
    sent: list[str] = []
    for name in ("fetch", "fetch_value"):
        read = getattr(Database, name)

        async def reading(
            self: Database, statement: str, *arguments: object, read: Any = read
        ) -> Any:
            sent.append(statement)
            return await read(self, statement, *arguments)

        monkeypatch.setattr(Database, name, reading)
    return sent


async def test_me_answers_three_ways(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    me = "{ me { id username email role status lastLoginAt } }"
    assert await auth.post("{ me { id username } }") == {"data": {"me": None}}
    data = await auth.data(me, token=alice.token)
    assert data["me"]["id"] == alice.id
    assert (data["me"]["email"], data["me"]["role"]) == ("alice@example.com", "USER")
    assert await auth.me_reason(auth.expired_token_of(alice)) == "TOKEN_EXPIRED"


async def test_clocks_may_differ_by_thirty_seconds(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    now, ttl = datetime.now(UTC), timedelta(minutes=15)
    ahead = auth.token_of(alice, issued=now + timedelta(seconds=28), ttl=ttl)
    assert await auth.me_reason(ahead) is None
    just_past = auth.token_of(alice, issued=now - ttl - timedelta(seconds=25), ttl=ttl)
    assert await auth.me_reason(just_past) is None


async def test_forged_tokens_are_invalid(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    header = jwt.get_unverified_header(alice.token)
    del header["alg"]  # each forgery has its own
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    keys = (await auth.http.get("/.well-known/jwks.json")).json()["keys"]
    stranger = ec.generate_private_key(ec.SECP256R1())
    public_pem_as_secret = json.dumps(keys[0])
    unsigned = jwt.encode(claims, "", algorithm="none", headers=header)
    wrong_type = {**header, "typ": "JWT"}
    signing = auth.signer()._keys.signing().private_key
    forged = {
        "nonsense": "nonsense",
        "no algorithm": unsigned,
        "another key": jwt.encode(claims, stranger, algorithm="ES256", headers=header),
        "public key as secret": jwt.encode(
            claims, public_pem_as_secret * 2, algorithm="HS256", headers=header
        ),
        "another audience": jwt.encode(
            {**claims, "aud": "others"}, signing, algorithm="ES256", headers=header
        ),
        "another issuer": jwt.encode(
            {**claims, "iss": "others"}, signing, algorithm="ES256", headers=header
        ),
        "another type": jwt.encode(claims, signing, algorithm="ES256", headers=wrong_type),
        "from the future": jwt.encode(
            {**claims, "iat": claims["iat"] + 3600}, signing, algorithm="ES256", headers=header
        ),
        "unknown key id": jwt.encode(
            claims, signing, algorithm="ES256", headers={**header, "kid": "x"}
        ),
        "too long": alice.token + "A" * 9000,
        "changed": _with_claim(alice.token, "role", "ADMIN"),
    }
    for what, token in forged.items():
        assert await auth.me_reason(token) == "TOKEN_INVALID", what
    for value in ("Basic YTpi", "Bearer", "bearer  ", f"{alice.token}"):
        answer = await auth.post("{ me { id } }", headers={"authorization": value})
        assert answer["errors"][0]["extensions"]["reason"] == "TOKEN_INVALID", value
    answer = await auth.post("{ me { id } }", headers={"authorization": f"bearer {alice.token}"})
    assert answer["data"]["me"]["id"] == alice.id


def _with_claim(token: str, name: str, value: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, name: value}).encode())
    return f"{head}.{changed.rstrip(b'=').decode()}.{signature}"


async def test_a_hundred_entities_are_one_statement(auth: AuthGraph, statements: list[str]) -> None:
    await _seed(auth, 100)
    rows = await auth.database.fetch("SELECT id FROM users ORDER BY random()")
    ids = [format_id("user", row["id"]) for row in rows]
    wanted = [*ids, ids[0], format_id("user", uuid7()), "user_x", "task_" + "0" * 32]
    statements.clear()
    answer = await auth.post(
        ENTITIES % "",
        {"representations": [{"__typename": "User", "id": id_} for id_ in wanted]},
    )
    assert "errors" not in answer
    entities = answer["data"]["_entities"]
    assert [entity and entity["id"] for entity in entities] == [*ids, ids[0], None, None, None]
    assert len(statements) == 1


async def test_a_representation_may_be_written_with_variables_in_it(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    answer = await auth.data(
        'query($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }])'
        " { ... on User { username } } }",
        {"id": alice.id},
    )
    assert answer == {"_entities": [{"username": "alice"}]}


async def test_a_bad_representation_is_an_error_of_its_own(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    good = {"__typename": "User", "id": alice.id, "username": "ignored"}
    bad = [{"__typename": "User"}, {"id": alice.id}, {"__typename": "User", "id": 7}, 7, None]
    unknown = {"__typename": "Session", "id": alice.session_id}
    answer = await auth.post(
        "query($representations: [_Any!]!) { _entities(representations: $representations)"
        " { __typename ... on User { username } } }",
        {"representations": [good, *bad[:-1], unknown, {"__typename": "Nothing", "id": ""}, good]},
    )
    found = {"__typename": "User", "username": "alice"}
    assert answer["data"]["_entities"] == [found, *[None] * 6, found]
    assert [error["path"] for error in answer["errors"]] == [["_entities", n] for n in range(1, 7)]
    for error in answer["errors"]:
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_private_fields_of_entities_show_to_their_owner_and_to_readers_of_users(
    auth: AuthGraph, statements: list[str]
) -> None:
    alice, bob = await auth.register("alice"), await auth.register("bob")
    root = await auth.administrator()
    representations = [{"__typename": "User", "id": person.id} for person in (alice, bob)]

    async def emails(token: str | None) -> list[str | None]:
        statements.clear()
        data = await auth.data(
            ENTITIES % PRIVATE, {"representations": representations}, token=token
        )
        assert len(statements) == 1
        return [entity["email"] for entity in data["_entities"]]

    assert await emails(None) == [None, None]
    assert await emails("nonsense") == [None, None]
    assert await emails(alice.token) == ["alice@example.com", None]
    assert await emails(root.token) == ["alice@example.com", "bob@example.com"]
    await auth.database.fetch("UPDATE users SET role = 'USER'")
    assert await emails(root.token) == [None, None]  # the role went, so the scope is void
    await auth.data("mutation { logout { sessionEnded } }", token=alice.token)
    assert await emails(alice.token) == [None, None]


async def test_is_this_person_registered(auth: AuthGraph) -> None:
    alice, bob = await auth.register("alice"), await auth.register("bob")
    query = f"query($name: String!) {{ userByUsername(username: $name) {{ id {PRIVATE} }} }}"
    data = await auth.data(query, {"name": "ALICE"}, token=bob.token)
    assert data["userByUsername"] == {
        "id": alice.id, "email": None, "role": None, "status": None,
        "updatedAt": None, "lastLoginAt": None,
    }  # fmt: skip
    data = await auth.data(query, {"name": "bob"}, token=bob.token)
    assert data["userByUsername"]["email"] == "bob@example.com"
    for name in ("nobody", "", "a\0b", "alice%", "x" * 999):
        data = await auth.data(query, {"name": name}, token=bob.token)
        assert data == {"userByUsername": None}
    assert (await auth.error(query, {"name": "alice"}))["reason"] == "TOKEN_MISSING"


async def test_lookups_are_limited_to_thirty_a_minute(auth: AuthGraph) -> None:
    bob, alice = await auth.register("bob"), await auth.register("alice")
    query = '{ userByUsername(username: "nobody") { id } }'
    aliases = " ".join(f'a{i}: userByUsername(username: "nobody") {{ id }}' for i in range(30))
    await auth.data(f"{{ {aliases} }}", token=bob.token)
    extensions = await auth.error(query, token=bob.token)
    assert (extensions["code"], 1 <= extensions["retryAfter"] <= 60) == ("RATE_LIMITED", True)
    await auth.data(query, token=alice.token)


async def test_a_user_by_id_is_for_readers_of_users(auth: AuthGraph) -> None:
    alice, root = await auth.register("alice"), await auth.administrator()
    query = "query($id: ID!) { user(id: $id) { username email } }"
    data = await auth.data(query, {"id": alice.id}, token=root.token)
    assert data["user"] == {"username": "alice", "email": "alice@example.com"}
    missing = await auth.data(query, {"id": format_id("user", uuid7())}, token=root.token)
    assert missing == {"user": None}
    extensions = await auth.error(query, {"id": "nonsense"}, token=root.token)
    assert (extensions["code"], extensions["argument"]) == ("BAD_USER_INPUT", "id")
    extensions = await auth.error(query, {"id": root.id}, token=alice.token)
    assert (extensions["code"], extensions["requiredScopes"]) == ("FORBIDDEN", [["users:read"]])


async def test_the_list_is_filtered_and_counted(auth: AuthGraph) -> None:
    alice, root = await auth.register("alice"), await auth.administrator()
    await auth.register("bob")

    async def names(**conditions: Any) -> list[str]:
        variables = {"filter": conditions, "orderBy": {"field": "USERNAME"}}
        users = (await auth.data(USERS, variables, token=root.token))["users"]
        assert users["totalCount"] == len(users["nodes"])
        return [node["username"] for node in users["nodes"]]

    assert await names() == ["alice", "bob", "root"]
    assert await names(search="ALI") == ["alice"]
    assert await names(search="example.com", roles=["USER"]) == ["alice", "bob"]
    assert await names(search="%%") == []
    assert await names(search="a_ice") == []
    assert await names(roles=["ADMIN", "MANAGER"]) == ["root"]
    assert await names(roles=[]) == []
    assert await names(statuses=["SUSPENDED"]) == []
    created = (await auth.data("{ me { createdAt } }", token=alice.token))["me"]["createdAt"]
    assert await names(createdAt={"to": created}) == []
    assert await names(createdAt={"from": created}) == ["alice", "bob", "root"]
    assert await names(search=None, roles=None, statuses=None, createdAt=None) == [
        "alice", "bob", "root"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "argument"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"last": -1}, "last"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "nonsense"}, "after"),
        ({"before": ""}, "before"),
        ({"filter": {"search": "x"}}, "filter.search"),
        ({"filter": {"search": "x" * 101}}, "filter.search"),
        ({"filter": {"search": "nul\0"}}, "filter.search"),
        ({"filter": {"createdAt": {"from": "2026-01-01T00:00:00"}}}, "filter"),
    ],
)
async def test_bad_arguments_of_the_list_are_named(
    auth: AuthGraph, variables: dict[str, Any], argument: str
) -> None:
    root = await auth.administrator()
    extensions = await auth.error(USERS, variables, token=root.token)
    assert (extensions["code"], extensions["argument"]) == ("BAD_USER_INPUT", argument)


@pytest.mark.parametrize("field", ["CREATED_AT", "USERNAME", "LAST_LOGIN_AT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_cover_the_list_both_ways_without_gaps(
    auth: AuthGraph, field: str, direction: str
) -> None:
    root = await auth.administrator()
    await _seed(auth, 11)
    order = {"field": field, "direction": direction}
    whole = await _page(auth, root, first=100, orderBy=order)
    names = [node["username"] for node in whole["nodes"]]
    assert len(names) == 12
    if field == "USERNAME":
        assert names == sorted(names, reverse=direction == "DESC")
    if field == "LAST_LOGIN_AT":  # even seeds never logged in
        assert all(int(name.removeprefix("seed")) % 2 == 0 for name in names[-6:])

    forward: list[str] = []
    after: str | None = None
    while True:
        page = await _page(auth, root, first=5, after=after, orderBy=order)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        forward += [edge["node"]["username"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert forward == names

    backward: list[str] = []
    before: str | None = None
    while True:
        page = await _page(auth, root, last=5, before=before, orderBy=order)
        backward = [edge["node"]["username"] for edge in page["edges"]] + backward
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert backward == names

    first_cursor, last_cursor = whole["edges"][0]["cursor"], whole["edges"][-1]["cursor"]
    between = await _page(auth, root, after=first_cursor, before=last_cursor, orderBy=order)
    assert [node["username"] for node in between["nodes"]] == names[1:-1]


async def test_a_cursor_fits_its_order_and_viewer_alone(auth: AuthGraph) -> None:
    root, other = await auth.administrator("root"), await auth.administrator("admin")
    cursor = (await _page(auth, root, first=1))["pageInfo"]["endCursor"]
    for token, order in (
        (other.token, {"field": "CREATED_AT", "direction": "DESC"}),
        (root.token, {"field": "CREATED_AT", "direction": "ASC"}),
        (root.token, {"field": "USERNAME", "direction": "DESC"}),
    ):
        extensions = await auth.error(USERS, {"after": cursor, "orderBy": order}, token=token)
        assert (extensions["code"], extensions["argument"]) == ("BAD_USER_INPUT", "after")


@pytest.mark.parametrize(
    ("selection", "reads"),
    [
        ("{ totalCount }", ["count"]),
        ("{ nodes { id } }", ["page"]),
        ("{ ... on UserConnection { totalCount } pageInfo { endCursor } }", ["count", "page"]),
        ("{ __typename }", []),
    ],
)
async def test_nothing_of_the_list_is_read_that_was_not_asked_for(
    auth: AuthGraph, statements: list[str], selection: str, reads: list[str]
) -> None:
    root = await auth.administrator()
    statements.clear()
    await auth.data(f"{{ users {selection} }}", token=root.token)
    of_the_list = statements[1:]  # the first finds the viewer
    assert sorted("count" if "count(*)" in text else "page" for text in of_the_list) == reads


async def test_only_readers_of_users_list_them(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    answer = await auth.post("{ me { username } users { totalCount } }", token=alice.token)
    assert answer["data"] == {"me": {"username": "alice"}, "users": None}
    extensions = answer["errors"][0]["extensions"]
    assert answer["errors"][0]["path"] == ["users"]
    assert (extensions["code"], extensions["requiredScopes"]) == ("FORBIDDEN", [["users:read"]])


async def _page(auth: AuthGraph, viewer: Person, **variables: Any) -> dict[str, Any]:
    page: dict[str, Any] = (await auth.data(USERS, variables, token=viewer.token))["users"]
    return page


async def _seed(auth: AuthGraph, count: int) -> None:
    """Users made at three moments, every other one without a login."""
    moments = _moments()
    for number in range(count):
        await auth.database.fetch(
            "INSERT INTO users (id, username, email, password_hash, role, status, created_at,"
            " updated_at, last_login_at)"
            " VALUES ($1, $2, $2 || '@example.com', '!', 'USER', 'ACTIVE', $3, $3, $4)",
            uuid7(),
            f"seed{number}",
            next(moments),
            None if number % 2 == 0 else next(moments),
        )


def _moments() -> Iterator[datetime]:
    number = 0
    while True:
        yield datetime(2026, 1, 1 + number % 3, 12, 0, 0, 123456, tzinfo=UTC)
        number += 1
