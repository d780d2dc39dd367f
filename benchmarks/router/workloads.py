"""What is asked: four operations, each with one repeated request and with every request unique."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.router.stub import UNIQUE_PREFIX

GRAPHS = Path(__file__).parent / "graphs"

TWO_FETCHES = """
query Tasks($page: String!, $first: Int!) {
  tasks(page: $page, first: $first) {
    page
    nodes { id title status priority createdAt owner { id username email } }
  }
}
"""
ONE_FETCH = """
query Tasks($page: String!, $first: Int!) {
  tasks(page: $page, first: $first) {
    page
    nodes { id title status priority createdAt owner { id } }
  }
}
"""
NESTED = """
query Projects($page: String!) {
  projects(page: $page) {
    page
    nodes {
      id name description
      lead { id name email title }
      tasks {
        id title status estimateHours cost
        owner {
          id name email title hourlyRate
          openTasks { id title status cost owner { id name title } }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    graph: str
    document: str
    variables: dict[str, Any]
    is_unique: bool

    def body(self, number: int) -> bytes:
        """The request with this number; the same each time unless the workload is unique."""
        page = f"{UNIQUE_PREFIX}{number if self.is_unique else 0}"
        return json.dumps(
            {"query": self.document, "variables": {"page": page, **self.variables}}
        ).encode()

    def proof(self, number: int) -> bytes:
        """What the answer to `body(number)` holds and no other answer does."""
        return f'"{UNIQUE_PREFIX}{number if self.is_unique else 0}"'.encode()


def both(name: str, graph: str, document: str, **variables: int) -> tuple[Workload, Workload]:
    return (
        Workload(f"{name}, unique", graph, document, variables, is_unique=True),
        Workload(f"{name}, repeated", graph, document, variables, is_unique=False),
    )


WORKLOADS = (
    *both("two fetches, 20 tasks", "tasks", TWO_FETCHES, first=20),
    *both("two fetches, 500 tasks", "tasks", TWO_FETCHES, first=500),
    *both("one fetch, 20 tasks", "tasks", ONE_FETCH, first=20),
    *both("nested, four subgraphs", "projects", NESTED),
)
