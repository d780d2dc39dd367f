"""Creating, changing, trashing and deleting tasks through the subgraph's own endpoint."""


from tests.tasks_subgraph.conftest import Subgraph


async def test_a_task_needs_nothing_but_a_title(subgraph: Subgraph) -> None:
    alice = subgraph.person()

    task = await subgraph.create(alice, title="  Купить молоко  ")

    assert task == {
        "id": task["id"], "title": "Купить молоко", "description": None, "status": "TODO",
        "isCompleted": False, "priority": "NONE", "dueAt": None, "isOverdue": False,
        "completedAt": None, "createdAt": task["createdAt"], "updatedAt": task["createdAt"],
        "deletedAt": None, "version": 1, "owner": {"id": alice.id},
    }  # fmt: skip
    assert await subgraph.data(alice, "query($id: ID!) { task(id: $id) { title } }", task) == {
        "task": {"title": "Купить молоко"}
    }
