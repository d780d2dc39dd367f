"""A script checks a token (scenario 20)."""

from tests.auth_subgraph.graph import AuthGraph

VERIFY = (
    "mutation($token: String!) { verifyToken(input: { token: $token }) { valid rejection"
    " user { id username email } role scopes expiresAt userErrors { code } } }"
)


async def test_a_good_token_is_described(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    payload = (await auth.data(VERIFY, {"token": alice.token}))["verifyToken"]
    assert payload.pop("expiresAt").endswith("Z")
    assert payload == {
        "valid": True,
        "rejection": None,
        "user": {"id": alice.id, "username": "alice", "email": None},
        "role": "USER",
        "scopes": ["account", "tasks:read", "tasks:write"],
        "userErrors": [],
    }


async def test_a_bad_token_is_rejected_with_the_reason(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    expired = auth.expired_token_of(alice)
    await auth.data("mutation { logout { sessionEnded } }", token=alice.token)
    for token, rejection in (
        (expired, "EXPIRED"),
        ("nonsense", "INVALID"),
        ("", "INVALID"),
        (alice.refresh_token, "INVALID"),
        (alice.token, "REVOKED"),
    ):
        payload = (await auth.data(VERIFY, {"token": token}))["verifyToken"]
        assert payload == {
            "valid": False,
            "rejection": rejection,
            "user": None,
            "role": None,
            "scopes": [],
            "expiresAt": None,
            "userErrors": [],
        }


async def test_checks_are_limited_to_sixty_a_minute_per_address(auth: AuthGraph) -> None:
    aliases = " ".join(
        f'a{number}: verifyToken(input: {{ token: "x" }}) {{ valid }}' for number in range(60)
    )
    await auth.data(f"mutation {{ {aliases} }}", address="192.0.2.1")
    extensions = await auth.error(VERIFY, {"token": "x"}, address="192.0.2.1")
    assert extensions["code"] == "RATE_LIMITED"
    await auth.data(VERIFY, {"token": "x"}, address="192.0.2.2")
