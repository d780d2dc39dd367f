"""The records behind the stub subgraphs, made from their numbers: the same on every machine."""

from __future__ import annotations

from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]

STATUSES = ("TODO", "IN_PROGRESS", "DONE", "CANCELED")
PRIORITIES = ("NONE", "LOW", "MEDIUM", "HIGH", "URGENT")
PROJECTS = 5
TASKS_PER_PROJECT = 15
PEOPLE = 10
OPEN_TASKS_PER_PERSON = 5


def number(entity_id: str) -> int:
    return int(entity_id.rsplit("_", 1)[1])


def user_reference(index: int) -> Record:
    return {"__typename": "User", "id": f"user_{index}"}


def listed_task(index: int, owners: int) -> Record:
    return {
        "__typename": "Task",
        "id": f"task_{index}",
        "title": f"Write chapter {index} of the handbook",
        "status": STATUSES[index % len(STATUSES)],
        "priority": PRIORITIES[index % len(PRIORITIES)],
        "createdAt": f"2026-11-{1 + index % 28:02}T10:15:30.000Z",
        "owner": user_reference(index % owners),
    }


def user(entity_id: str) -> Record:
    index = number(entity_id)
    return {
        "__typename": "User",
        "id": entity_id,
        "username": f"person{index}",
        "email": f"person{index}@example.com",
        "title": "Engineer" if index % 2 else None,
    }


def project_task(entity_id: str) -> Record:
    index = number(entity_id)
    return {
        "__typename": "Task",
        "id": entity_id,
        "title": f"Move the {index}. warehouse report to the shared calendar",
        "status": STATUSES[index % len(STATUSES)],
        "estimateHours": 1 + index % 40,
        "owner": lambda _info: open_tasks_of(f"user_{index % PEOPLE}"),
    }


def tasks_page(page: str, first: int) -> Record:
    owners = max(1, first // 10 if first >= 100 else first // 4)
    return {"page": page, "nodes": [listed_task(index, owners) for index in range(first)]}


def projects_page(page: str) -> Record:
    nodes = [
        {
            "__typename": "Project",
            "id": f"project_{index}",
            "name": f"Project {index}",
            "description": f"All that has to be done before release {index}, in order of need.",
            "lead": user_reference(index % PEOPLE),
        }
        for index in range(PROJECTS)
    ]
    return {"page": page, "nodes": nodes}


def tasks_of_project(entity_id: str) -> Record:
    start = number(entity_id) * TASKS_PER_PROJECT
    tasks = [project_task(f"task_{start + offset}") for offset in range(TASKS_PER_PROJECT)]
    return {"__typename": "Project", "id": entity_id, "tasks": tasks}


def open_tasks_of(entity_id: str) -> Record:
    owned = [number(entity_id) + PEOPLE * turn for turn in range(OPEN_TASKS_PER_PERSON)]
    tasks = [project_task(f"task_{index}") for index in owned]
    return {"__typename": "User", "id": entity_id, "openTasks": tasks}


def person(entity_id: str) -> Record:
    index = number(entity_id)
    return {
        "__typename": "User",
        "id": entity_id,
        "name": f"Person Number {index}",
        "email": f"person{index}@example.com",
        "title": "Engineer" if index % 2 else "Writer",
    }


def rate_of(entity_id: str) -> Record:
    return {
        "__typename": "User",
        "id": entity_id,
        "hourlyRate": 5000 + 100 * number(entity_id),
    }


def cost_of(representation: Record) -> Record:
    """Fails without `estimateHours`, so a router that leaves it out cannot answer."""
    return {**representation, "cost": representation["estimateHours"] * 7500}
