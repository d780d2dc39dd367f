"""The command line: wrong variables are named in one line, dead letters are listed and replayed."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.events import Event
from subgraph_kit.inbox import Inbox, Progress
from subgraph_kit.settings_check import SettingsError
from tasks_subgraph.settings import load_settings

REPOSITORY = Path(__file__).parents[2]
URL = "postgresql+asyncpg://tasks:s3cret@127.0.0.1:1/tasks"


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "TASKS_DATABASE_URL is required"),
        ({"TASKS_PROT": "1"}, "TASKS_PROT is no setting; did you mean TASKS_PORT?"),
        ({"TASKS_DATABASE_URL": "mysql://x"}, "TASKS_DATABASE_URL: must begin with"),
        ({"TASKS_DATABASE_URL": URL, "TASKS_PORT": "x"}, "TASKS_PORT: "),
        ({"TASKS_DATABASE_URL": URL, "TASKS_EVENTS_URL": "kafka://x"}, "TASKS_EVENTS_URL: "),
        ({"TASKS_DATABASE_URL": URL, "TASKS_IDEMPOTENCY_TTL": "1"}, "TASKS_IDEMPOTENCY_TTL: "),
        ({"TASKS_DATABASE_URL": URL, "TASKS_CURSOR_KEY": "short"}, "TASKS_CURSOR_KEY: "),
        (
            {"TASKS_DATABASE_URL": URL, "TASKS_ENV": "production"},
            "TASKS: TASKS_JWT_ISSUER must be set in production",
        ),
        (
            {
                "TASKS_DATABASE_URL": URL,
                "TASKS_ENV": "production",
                "TASKS_JWT_ISSUER": "https://auth.example.com",
            },
            "TASKS: TASKS_CURSOR_KEY must be set in production",
        ),
        (
            {
                "TASKS_DATABASE_URL": URL.replace("s3cret", "postgres"),
                "TASKS_ENV": "production",
                "TASKS_CURSOR_KEY": "sixteen characters",
                "TASKS_JWT_ISSUER": "https://auth.example.com",
            },
            "TASKS: TASKS_DATABASE_URL: a known password is refused in production",
        ),
    ],
)
def test_a_wrong_variable_is_named(
    variables: dict[str, str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        load_settings()

    assert str(refused.value).startswith(line)
    assert len(str(refused.value).splitlines()) == 1
    assert "s3cret" not in str(refused.value)


def test_a_database_that_is_not_there_is_one_line() -> None:
    command = [sys.executable, "-m", "tasks_subgraph", "migrate"]
    ended = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={"TASKS_DATABASE_URL": URL},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("tasks: TASKS_DATABASE_URL: ")


async def test_dead_letters_are_listed_and_put_back(database_url: str, database: Database) -> None:
    event = Event(type="user.deleted", source="auth", subject="nobody", data={})
    inbox = Inbox(
        database, service="tasks", queue="q", handlers={"user.deleted": _fail}, retry_delays_s=()
    )
    await inbox.receive(event.to_json())
    assert await inbox.handle_next()

    async def run(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tasks_subgraph", "dead-letters", *arguments,
            cwd=REPOSITORY, env={"TASKS_DATABASE_URL": database_url}, stdout=subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0
        return output.decode()

    listed = await run()
    assert str(event.id) in listed
    assert "RuntimeError: on purpose" in listed
    assert await run("--replay", str(event.id)) == "1 put back; the worker tries them now\n"
    assert await run() == ""
    assert await database.fetch_value("SELECT attempts FROM inbox") == 0


async def _fail(_event: Event, _work: UnitOfWork) -> Progress:
    raise RuntimeError("on purpose")
