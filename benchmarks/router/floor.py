"""What no router can be faster than: its dependent requests to the stubs, sent by the load program.

A router's own part of the time a client waits is what it adds to that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.router.load import Target, run_load
from benchmarks.router.stub import UNIQUE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.router.workloads import Workload

_PAGE = """
query ($page: String!, $first: Int!) {
  tasks(page: $page, first: $first) {
    page nodes { id title status priority createdAt owner { __typename id } }
  }
}
"""
_OWNERS = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { username email } }
}
"""


@dataclass(frozen=True, slots=True)
class Direct:
    """A request to a stub that a router would make on the way.

    Attributes:
        path: Of the stub.
        page: The variable that makes it unique, if it has one.
    """

    path: str
    document: str
    variables: dict[str, Any]
    page: str | None = None

    def body(self, number: int) -> bytes:
        own = {self.page: f"{UNIQUE_PREFIX}{number}"} if self.page else {}
        return json.dumps({"query": self.document, "variables": {**self.variables, **own}}).encode()

    def proof(self, number: int) -> bytes:
        return f'"{UNIQUE_PREFIX}{number}"'.encode() if self.page else b'"username"'


def direct_requests(workload: Workload, stub_url: str) -> list[Direct]:
    """Those that wait for one another, in their order; empty where nobody wrote them down."""
    if workload.graph != "tasks":
        return []
    page = Direct("/tasks/tasks", _PAGE, workload.variables, page="page")
    if "username" not in workload.document:
        return [page]
    answer = httpx.post(stub_url + page.path, content=page.body(1)).json()
    owners = {node["owner"]["id"]: node["owner"] for node in answer["data"]["tasks"]["nodes"]}
    representations = list(owners.values())
    return [page, Direct("/tasks/users", _OWNERS, {"representations": representations})]


def floor_us(stub_url: str, requests: Sequence[Direct], duration_s: float) -> float:
    """How long the requests take one after the other on one connection: the sum of medians."""
    port = int(stub_url.rpartition(":")[2])
    return sum(
        run_load(
            Target(port, path=request.path),
            request,
            connections=1,
            duration_s=duration_s / len(requests),
        ).percentile_us(50)
        for request in requests
    )
