"""What verifiers follow: ended sessions, suspended and deleted users."""

from typing import Any

import httpx
import jwt
import pytest

from subgraph_kit.errors import TokenProblem
from subgraph_kit.remote_keys import RemoteKeys
from subgraph_kit.revocations import RevocationFollower, Revocations
from subgraph_kit.tokens import Authenticator, TokenVerifier
from tests.auth_subgraph.graph import PASSWORD, AuthGraph
from tests.auth_subgraph.test_administration import DELETE, SET_STATUS

LOGOUT = "mutation { logout { sessionEnded } }"


@pytest.fixture
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_subgraph.services.revocation_feed._READ_AGAIN_S", -1.0)


pytestmark = pytest.mark.usefixtures("_always_fresh")


async def _listed(auth: AuthGraph) -> dict[str, Any]:
    response = await auth.http.get("/revocations")
    assert response.headers["content-type"] == "application/jwt"
    assert jwt.get_unverified_header(response.text)["typ"] == "revocations+jwt"
    claims: dict[str, Any] = jwt.decode(response.text, options={"verify_signature": False})
    return claims


def _follower(
    auth: AuthGraph, client: httpx.AsyncClient, keys: RemoteKeys, revocations: Revocations
) -> RevocationFollower:
    return RevocationFollower(
        "http://subgraph/revocations",
        client,
        keys,
        revocations,
        issuer=auth.settings.jwt_issuer,
        audience=auth.settings.jwt_audience,
    )


def _verifier(auth: AuthGraph, keys: RemoteKeys) -> TokenVerifier:
    return TokenVerifier(keys, issuer=auth.settings.jwt_issuer, audience=auth.settings.jwt_audience)


async def test_an_ended_session_is_listed_until_its_last_token_expires(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    assert (await _listed(auth))["sessions"] == {}
    await auth.data(LOGOUT, token=alice.token)
    claims = await _listed(auth)
    expires_at = jwt.decode(alice.token, options={"verify_signature": False})["exp"]
    assert claims["users"] == {}
    assert list(claims["sessions"]) == [alice.session_id]
    assert 30 <= claims["sessions"][alice.session_id] - expires_at <= 31
    await auth.database.fetch("UPDATE revocations SET until = now()")
    assert (await _listed(auth))["sessions"] == {}


async def test_a_session_whose_tokens_have_expired_is_not_listed(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    await auth.database.fetch("UPDATE sessions SET last_used_at = now() - interval '16 min'")
    await auth.data(LOGOUT, token=alice.token)
    assert (await _listed(auth))["sessions"] == {}


async def test_suspended_and_deleted_users_are_listed(auth: AuthGraph) -> None:
    root, bob = await auth.administrator(), await auth.register("bob")
    variables = {"id": bob.id, "status": "SUSPENDED"}
    await auth.data(SET_STATUS, variables, token=root.token)
    claims = await _listed(auth)
    assert (list(claims["users"]), list(claims["sessions"])) == ([bob.id], [bob.session_id])
    await auth.data(SET_STATUS, variables | {"status": "ACTIVE"}, token=root.token)
    claims = await _listed(auth)  # new sessions must work, the old ones not
    assert (list(claims["users"]), list(claims["sessions"])) == ([], [bob.session_id])
    await auth.data(DELETE, {"id": bob.id}, token=root.token)
    assert list((await _listed(auth))["users"]) == [bob.id]


async def test_nothing_new_is_answered_with_304(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    first = await auth.http.get("/revocations")
    etag = first.headers["etag"]
    second = await auth.http.get("/revocations", headers={"if-none-match": etag})
    assert (second.status_code, second.content, second.headers["etag"]) == (304, b"", etag)
    await auth.data(LOGOUT, token=alice.token)
    third = await auth.http.get("/revocations", headers={"if-none-match": etag})
    assert third.status_code == 200
    assert third.headers["etag"] != etag


async def test_a_verifying_process_follows_it(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    keys = RemoteKeys("/.well-known/jwks.json", auth.http)
    revocations = Revocations()
    follower = _follower(auth, auth.http, keys, revocations)
    authenticator = Authenticator(_verifier(auth, keys), revocations)
    header = f"Bearer {alice.token}"

    await follower.poll()
    viewer = await authenticator.identify(header)
    assert not isinstance(viewer, TokenProblem)
    assert (viewer.user_id, viewer.session_id) == (alice.id, alice.session_id)
    await auth.data(LOGOUT, token=alice.token)
    await follower.poll()
    assert await authenticator.identify(header) is TokenProblem.SESSION_ENDED
    again = await auth.log_in("alice", PASSWORD)
    assert not isinstance(await authenticator.identify(f"Bearer {again.token}"), TokenProblem)


async def test_a_list_that_auth_did_not_sign_changes_nothing(auth: AuthGraph) -> None:
    alice = await auth.register("alice")
    await auth.data(LOGOUT, token=alice.token)
    answers = [await auth.http.get("/revocations"), httpx.Response(200, text=alice.token)]

    def answer(request: httpx.Request) -> httpx.Response:
        response = answers.pop(0)
        return httpx.Response(response.status_code, text=response.text)

    keys = RemoteKeys("/.well-known/jwks.json", auth.http)
    revocations = Revocations()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        follower = _follower(auth, client, keys, revocations)
        await follower.poll()
        seen_at = follower.last_success_at
        await follower.poll()
    assert follower.last_success_at == seen_at
    viewer = await _verifier(auth, keys).verify(alice.token)
    assert not isinstance(viewer, TokenProblem)
    assert revocations.covers(viewer)
