"""Every operation of schema/operations, in an order that makes sense of them."""

import json
import re
import secrets
from pathlib import Path
from typing import Any

from tests.support.graph_client import PASSWORD, GraphClient
from tests.support.running_stack import ADMIN_EMAIL, ADMIN_PASSWORD

OPERATIONS = Path(__file__).parents[2] / "schema" / "operations"
TOUR = "tour"

_MADE_ANEW = re.compile(
    r"(?P<id>[a-z]+_[0-9a-f]{32})|(?P<name>\bu[0-9a-f]{12}\b)|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z)"
)
_OPAQUE = frozenset(
    ("accessToken", "refreshToken", "cursor", "startCursor", "endCursor", "ipAddress", "userAgent")
)


class Story:
    """Sends operations by their file name and remembers which were sent and what came back."""

    def __init__(self, client: GraphClient) -> None:
        self.answers: list[tuple[str, Any]] = []
        self._client = client

    @property
    def sent(self) -> set[str]:
        return {name for name, _ in self.answers}

    async def send(
        self, name: str, variables: dict[str, Any] | None = None, *, token: str | None = None
    ) -> Any:
        """The root field's answer, which must be without errors of either kind."""
        text = (OPERATIONS / f"{name}.graphql").read_text()
        answer = await self._client.send(text, variables, token=token)
        data = answer.data
        self.answers.append((name, data))
        first = next(iter(data.values()))
        assert first is not None, f"{name}: {data}"
        if isinstance(first, dict):
            assert first.get("userErrors", []) == [], name
        return data if len(data) > 1 else first

    async def sign_up(self) -> tuple[dict[str, Any], str]:
        """A new user and an access token."""
        username = f"u{secrets.token_hex(6)}"
        person = {"username": username, "email": f"{username}@example.com", "password": PASSWORD}
        payload = await self.send("sign-up", {"input": person})
        return payload["user"], payload["tokens"]["accessToken"]

    def comparable_answers(self) -> list[tuple[str, Any]]:
        """The answers, with what is new in each telling replaced.

        Ids and names become numbers in the order in which they first came, so that two tellings
        are equal only when the same things are the same in both.
        """
        seen: dict[str, str] = {}

        def stand_in(found: re.Match[str]) -> str:
            if found["time"]:
                return "a moment"
            return seen.setdefault(found[0], f"{found.lastgroup} {len(seen)}")

        return [
            (name, json.loads(_MADE_ANEW.sub(stand_in, json.dumps(_without_opaque(data)))))
            for name, data in self.answers
        ]


def _without_opaque(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: bool(held) if name in _OPAQUE else _without_opaque(held)
                for name, held in value.items()
            }
        case list():
            return [_without_opaque(item) for item in value]
    return value


async def tell_all(story: Story) -> None:
    """Send every operation but the tour."""
    await tasks_of_a_person(story)
    await account_of_a_person(story)
    await administration(story)


async def tasks_of_a_person(story: Story) -> None:
    user, token = await story.sign_up()

    async def send(name: str, variables: dict[str, Any] | None = None) -> Any:
        return await story.send(name, variables, token=token)

    given = {"title": "Plan the release", "priority": "HIGH", "dueAt": "2031-05-01T12:00:00Z"}
    task = (await send("create-task", {"input": given}))["task"]
    one = {"id": task["id"]}
    edited = await send("edit-task", {"input": {**one, "description": "In **May**."}})
    assert edited["task"]["version"] == task["version"] + 1
    assert (await send("task", one))["owner"] == {"id": user["id"], "username": user["username"]}
    page = await send("list-tasks", {"filter": {"statuses": ["TODO"]}})
    assert (page["totalCount"], len(page["edges"])) == (1, 1)
    for name in ("list-tasks-backwards", "tasks-with-owner"):
        assert len((await send(name))["nodes"]) == 1
    assert (await send("search-tasks", {"search": "release"}))["totalCount"] == 1
    due = await send("due-tasks", {"from": "2031-01-01T00:00:00Z"})
    assert [len(due[part]["nodes"]) for part in ("due", "overdue")] == [1, 0]
    assert (await send("my-tasks"))["tasks"]["totalCount"] == 1
    finished = await send("finish-task", {**one, "expectedVersion": task["version"] + 1})
    assert finished["task"]["isCompleted"] is True
    assert (await send("delete-task", one))["deletedTaskId"] == task["id"]
    assert [node["id"] for node in (await send("trash"))["nodes"]] == [task["id"]]
    assert (await send("restore-task", one))["task"]["deletedAt"] is None


async def account_of_a_person(story: Story) -> None:
    user, _ = await story.sign_up()
    identity = {"identifier": user["username"], "password": PASSWORD}
    tokens = (await story.send("log-in", {"input": identity}))["tokens"]
    renewed = await story.send("refresh-tokens", {"refreshToken": tokens["refreshToken"]})
    token = renewed["tokens"]["accessToken"]
    assert (await story.send("me", token=token))["id"] == user["id"]
    verified = await story.send("verify-token", {"token": token})
    assert verified["user"]["username"] == user["username"]
    found = await story.send("find-person", {"username": user["username"]}, token=token)
    assert found["id"] == user["id"]
    sessions = await story.send("sessions", token=token)
    (other,) = (session["id"] for session in sessions if not session["isCurrent"])
    ended = await story.send("end-session", {"sessionId": other}, token=token)
    assert ended["revokedSessionId"] == other
    username = f"u{secrets.token_hex(6)}"
    renamed = await story.send("change-profile", {"input": {"username": username}}, token=token)
    assert renamed["user"]["username"] == username
    passwords = {"currentPassword": PASSWORD, "newPassword": "another horse battery"}
    changed = await story.send("change-password", {"input": passwords}, token=token)
    token = changed["tokens"]["accessToken"]
    assert (await story.send("log-out-everywhere", token=token))["endedSessions"] == 0
    out = await story.send("log-out", {"refreshToken": changed["tokens"]["refreshToken"]})
    assert out["sessionEnded"] is True
    user, token = await story.sign_up()
    deleted = await story.send("delete-my-account", {"currentPassword": PASSWORD}, token=token)
    assert deleted["deletedUserId"] == user["id"]


async def administration(story: Story) -> None:
    identity = {"identifier": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    token = (await story.send("log-in", {"input": identity}))["tokens"]["accessToken"]
    user, _ = await story.sign_up()
    of_user = {"userId": user["id"]}

    async def send(name: str, variables: dict[str, Any] | None = None) -> Any:
        return await story.send(name, variables, token=token)

    page = await send("admin-list-users", {"filter": {"search": user["username"]}})
    assert [edge["node"]["id"] for edge in page["edges"]] == [user["id"]]
    assert (await send("admin-user", {"id": user["id"]}))["username"] == user["username"]
    promoted = await send("admin-set-role", {**of_user, "role": "MANAGER"})
    assert promoted["user"]["role"] == "MANAGER"
    assert (await send("admin-end-sessions", of_user))["endedSessions"] == 1
    suspended = await send("admin-set-status", {**of_user, "status": "SUSPENDED"})
    assert suspended["user"]["status"] == "SUSPENDED"
    assert (await send("admin-delete-user", {"id": user["id"]}))["deletedUserId"] == user["id"]
