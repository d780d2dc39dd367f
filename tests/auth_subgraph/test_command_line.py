"""Commands and settings as operators meet them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from auth_subgraph.__main__ import main
from auth_subgraph.app import StartError, make_first_administrator
from auth_subgraph.domain.signing_keys import ring_of
from auth_subgraph.migrations import FOLDER
from auth_subgraph.persistence.key_file import new_signing_key, read_key_file, write_key_file
from auth_subgraph.settings import AuthSettings, load_settings
from subgraph_kit.broker import Subscription, subscriptions
from subgraph_kit.schema_version import newest_revision
from subgraph_kit.settings_check import SettingsError
from tasks_subgraph.events import consumed
from tests.auth_subgraph.conftest import settings_for
from tests.auth_subgraph.graph import AuthGraph
from tests.support.commands import Command, command_of

STRONG = "administrators horse battery"


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    with command_of(main, "AUTH_", monkeypatch, capsys) as command:
        yield command


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "AUTH_DATABASE_URL is required"),
        ({"DATABASE_URL": "mysql://x"}, "AUTH_DATABASE_URL: must begin with postgresql+asyncpg://"),
        ({"PORTT": "1"}, "AUTH_PORTT is no setting; did you mean AUTH_PORT?"),
        ({"ACCESS_TOKEN_TTL": "15"}, "AUTH_ACCESS_TOKEN_TTL: must be a whole number with a unit"),
        ({"LOGIN_PER_IP": "0/1m"}, "AUTH_LOGIN_PER_IP: both the count and the period"),
        ({"TRUSTED_PROXIES": "example.com"}, "AUTH_TRUSTED_PROXIES: "),
        ({"BOOTSTRAP_ADMIN_EMAIL": "a@b.cd"}, "AUTH: AUTH_BOOTSTRAP_ADMIN_EMAIL and"),
        ({"RATE_LIMIT_URL": "memory://"}, "AUTH_RATE_LIMIT_URL: must begin with valkey://"),
        ({"EVENTS_QUEUES": "tasks"}, "AUTH_EVENTS_QUEUES: 'tasks' is no queue=type, for example"),
        (
            {"ENV": "production", "JWT_ISSUER": "https://auth.example.com"},
            "AUTH: AUTH_JWT_PRIVATE_KEY_FILE must be set in production",
        ),
        (
            {"ENV": "production", "JWT_PRIVATE_KEY_FILE": "/key"},
            "AUTH: AUTH_JWT_ISSUER must be set in production",
        ),
        (
            {
                "ENV": "production",
                "JWT_PRIVATE_KEY_FILE": "/key",
                "JWT_ISSUER": "https://auth.example.com",
                "DATABASE_URL": "postgresql+asyncpg://postgres:postgres@db/auth",
            },
            "AUTH: AUTH_DATABASE_URL: a known password is refused in production",
        ),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], line: str
) -> None:
    if variables:
        monkeypatch.setenv("AUTH_DATABASE_URL", "postgresql+asyncpg://a@b/c")
    for name, value in variables.items():
        monkeypatch.setenv(f"AUTH_{name}", value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert str(raised.value).startswith(line)
    assert "\n" not in str(raised.value)


def test_settings_have_the_agreed_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_DATABASE_URL", "postgresql+asyncpg://a@b/c")
    settings = load_settings()
    assert settings.access_token_ttl.total_seconds() == 900
    assert (settings.login_failures_per_account_ip.limit, settings.sessions_max_per_user) == (5, 20)
    assert all(field.description for field in AuthSettings.model_fields.values())


def test_the_queue_of_tasks_is_declared_before_anything_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AUTH_DATABASE_URL", "postgresql+asyncpg://a@b/c")
    declared = subscriptions(load_settings().events_queues)
    assert declared == [Subscription(consumed.QUEUE, (consumed.USER_DELETED,))]


async def test_a_failing_command_ends_with_one_line(command: Command) -> None:
    completed = await command("serve", DATABASE_URL="nonsense")
    assert completed.exit_code == 2
    assert completed.stderr.startswith("AUTH_DATABASE_URL: must begin")
    assert completed.stderr.count("\n") == 1


async def test_an_administrator_is_made_on_the_command_line(
    auth: AuthGraph, command: Command
) -> None:
    arguments = ("create-admin", "--email", "Root@Example.com", "--username", "root")
    variables = {
        "DATABASE_URL": auth.settings.database_url.get_secret_value(),
        "ARGON2_MEMORY_KIB": "8",
        "ARGON2_TIME": "1",
    }
    refused = await command(*arguments, "--password-stdin", stdin="password\n", **variables)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("auth: password: This password is easy to guess")

    made = await command(*arguments, "--password-stdin", stdin=f"{STRONG}\n", **variables)
    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout == "Created the administrator root <root@example.com>.\n"
    root = await auth.log_in("root", STRONG)
    data = await auth.data("{ users { totalCount } }", token=root.token)
    assert data["users"] == {"totalCount": 1}
    again = await command(*arguments, "--password-stdin", stdin=f"{STRONG}\n", **variables)
    assert again.exit_code == 1
    assert "already exists" in again.stderr


async def test_the_first_administrator_comes_from_settings_once(
    auth: AuthGraph, tmp_path: Path
) -> None:
    settings = settings_for(
        auth.settings.database_url.get_secret_value(),
        tmp_path,
        bootstrap_admin_email="root@example.com",
        bootstrap_admin_password=STRONG,
    )
    await asyncio.gather(*(make_first_administrator(settings) for _ in range(3)))
    root = await auth.log_in("root@example.com", STRONG)
    assert (await auth.data("{ me { role } }", token=root.token))["me"]["role"] == "ADMIN"
    await auth.database.fetch("UPDATE users SET role = 'USER', email = 'other@example.com'")
    await make_first_administrator(settings)
    assert await auth.login_code("root@example.com", STRONG) == "INVALID_CREDENTIALS"


async def test_a_weak_first_password_stops_the_start(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(
        database_url,
        tmp_path,
        bootstrap_admin_email="root@example.com",
        bootstrap_admin_password="password1",
    )
    with pytest.raises(StartError, match=r"^AUTH_BOOTSTRAP_ADMIN_PASSWORD: This password is easy"):
        await make_first_administrator(settings)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"port": 1}, "Connect call failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody"}, 'failed for user "nobody"'),
    ],
)
async def test_a_database_that_cannot_be_used_is_named(
    command: Command, database_url: str, change: dict[str, Any], reason: str
) -> None:
    url = make_url(database_url).set(**change).render_as_string(hide_password=False)
    completed = await command("migrate", DATABASE_URL=url)
    assert completed.exit_code == 1
    assert completed.stderr.startswith("auth: AUTH_DATABASE_URL: ")
    assert reason in completed.stderr
    assert completed.stderr.count("\n") == 1


async def test_a_database_that_is_not_migrated_is_not_ready(auth: AuthGraph) -> None:
    await auth.database.fetch("UPDATE alembic_version SET version_num = '0000'")
    try:
        response = await auth.http.get("/health/ready")
    finally:
        newest = newest_revision(FOLDER)
        await auth.database.fetch("UPDATE alembic_version SET version_num = $1", newest)
    assert (response.status_code, response.json()["failures"]) == (
        503, {"migrations": "NotMigratedError"}
    )  # fmt: skip
    assert (await auth.http.get("/health/ready")).status_code == 200


async def test_rotating_needs_the_key_file(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    variables = {"DATABASE_URL": "postgresql+asyncpg://a@b/c"}
    unnamed = await command("rotate-key", **variables)
    assert (unnamed.exit_code, unnamed.stderr.count("\n")) == (1, 1)
    assert "AUTH_JWT_PRIVATE_KEY_FILE names no file" in unnamed.stderr

    variables["JWT_PRIVATE_KEY_FILE"] = str(path)
    missing = await command("rotate-key", **variables)
    assert (missing.exit_code, missing.stderr) == (1, f"auth: {path}: No such file or directory\n")

    write_key_file(path, ring_of([new_signing_key()]))
    rotated = await command("rotate-key", **variables)
    assert (rotated.exit_code, rotated.stderr) == (0, "")
    assert rotated.stdout.endswith("is published now and signs in 600 s.\n")
    assert len(read_key_file(path).keys) == 2
