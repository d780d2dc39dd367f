"""The unit of the regression check: the same server, answering ready bytes, without any router.

It parses HTTP and JSON and answers right, which is the least that any Python server has to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.router import data
from benchmarks.router.stub import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

JSON_HEADERS = [(b"content-type", b"application/json")]
TEMPLATES: dict[tuple[str, int], bytes] = {}


class Variables(msgspec.Struct):
    page: str
    first: int


class Request(msgspec.Struct):
    query: str
    variables: Variables


REQUESTS = msgspec.json.Decoder(Request)


def template(query: str, first: int) -> bytes:
    owner_fields = ("id", "username", "email") if "username" in query else ("id",)
    task_fields = ("id", "title", "status", "priority", "createdAt")
    nodes = []
    for task in data.tasks_page(PLACEHOLDER, first)["nodes"]:
        owner = data.user(task["owner"]["id"])
        nodes.append(
            {
                **{name: task[name] for name in task_fields},
                "owner": {name: owner[name] for name in owner_fields},
            }
        )
    return msgspec.json.encode({"data": {"tasks": {"page": PLACEHOLDER, "nodes": nodes}}})


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    assert scope["type"] == "http"
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    request = REQUESTS.decode(body)
    key = (request.query, request.variables.first)
    known = TEMPLATES.get(key)
    if known is None:
        known = TEMPLATES[key] = template(*key)
    answer = known.replace(PLACEHOLDER.encode(), request.variables.page.encode())
    headers = [*JSON_HEADERS, (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
