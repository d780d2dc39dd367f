"""The command line: wrong variables are named in one line, dead letters are listed and replayed."""

from collections.abc import Iterator

import pytest

from subgraph_kit.database import Database, UnitOfWork
from subgraph_kit.events import Event
from subgraph_kit.inbox import Inbox, Progress
from subgraph_kit.settings_check import SettingsError
from tasks_subgraph.__main__ import main
from tasks_subgraph.settings import load_settings
from tests.support.commands import Command, command_of

URL = "postgresql+asyncpg://tasks:s3cret@127.0.0.1:1/tasks"


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    with command_of(main, "TASKS_", monkeypatch, capsys) as command:
        yield command


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


async def test_a_database_that_is_not_there_is_one_line(command: Command) -> None:
    completed = await command("migrate", DATABASE_URL=URL)

    assert completed.exit_code == 1
    assert len(completed.stderr.splitlines()) == 1
    assert completed.stderr.startswith("tasks: TASKS_DATABASE_URL: ")


async def test_dead_letters_are_listed_and_put_back(
    command: Command, database_url: str, database: Database
) -> None:
    event = Event(type="user.deleted", source="auth", subject="nobody", data={})
    inbox = Inbox(
        database, service="tasks", queue="q", handlers={"user.deleted": _fail}, retry_delays_s=()
    )
    await inbox.receive(event.to_json())
    assert await inbox.handle_next()

    async def run(*arguments: str) -> str:
        completed = await command("dead-letters", *arguments, DATABASE_URL=database_url)
        assert completed.exit_code == 0
        return completed.stdout

    listed = await run()
    assert str(event.id) in listed
    assert "RuntimeError: on purpose" in listed
    assert await run("--replay", str(event.id)) == "1 put back; the worker tries them now\n"
    assert await run() == ""
    assert await database.fetch_value("SELECT attempts FROM inbox") == 0


async def _fail(_event: Event, _work: UnitOfWork) -> Progress:
    raise RuntimeError("on purpose")
