"""Nothing secret leaves: searched for in answers, logs and rows."""

import io
from collections.abc import Iterator

import pytest

from subgraph_kit.logging import configure_logging
from tests.auth_subgraph.graph import LOGIN, PASSWORD, REFRESH, REGISTER, AuthGraph, Person
from tests.auth_subgraph.test_account import CHANGE, NEW
from tests.support.logs import own_logging

DIRTY = "dirty secret of hers"


@pytest.fixture
def log_text(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything logged, debug records included."""
    text = io.StringIO()
    monkeypatch.setattr("sys.stderr", text)
    with own_logging():
        configure_logging("auth", level="debug", log_format="json")
        yield text


async def _use_everything(auth: AuthGraph) -> Person:
    alice = await auth.register("alice", DIRTY)
    await auth.login_code("alice", DIRTY + "!")
    await auth.login_code(DIRTY, PASSWORD)  # typed into the wrong field
    variables = {"current": DIRTY, "new": NEW}
    await auth.data(CHANGE, variables, token=alice.token)
    await auth.refresh_code(alice.refresh_token)
    await auth.post(REGISTER, {"input": {"email": DIRTY, "password": DIRTY}})
    return alice


async def test_logs_hold_no_secret(auth: AuthGraph, log_text: io.StringIO) -> None:
    alice = await _use_everything(auth)
    for table in ("sessions", "users"):
        await auth.database.fetch(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        faults = [
            await auth.error(LOGIN, {"identifier": "alice", "password": NEW}),
            await auth.error(REFRESH, {"token": alice.refresh_token}),
            await auth.error("{ me { id } }", token=alice.token),
        ]
    finally:
        for table in ("sessions", "users"):
            await auth.database.fetch(f"ALTER TABLE {table}_away RENAME TO {table}")
    assert [fault["code"] for fault in faults] == ["INTERNAL_SERVER_ERROR"] * 3
    logged = log_text.getvalue()
    for fault in faults:
        assert fault["requestId"] in logged
    assert "UndefinedTable" in logged
    secrets = (DIRTY, NEW, alice.token, alice.refresh_token, "$argon2", "alice@example.com")
    for secret in secrets:
        assert secret not in logged, secret


@pytest.mark.usefixtures("log_text")
async def test_faults_are_masked(auth: AuthGraph) -> None:
    await auth.register("alice")
    await auth.database.fetch("ALTER TABLE users RENAME TO users_away")
    try:
        answer = await auth.post(LOGIN, {"identifier": "alice", "password": PASSWORD})
    finally:
        await auth.database.fetch("ALTER TABLE users_away RENAME TO users")
    assert answer["errors"][0]["message"] == "Internal server error."
    assert set(answer["errors"][0]["extensions"]) == {"code", "requestId"}


async def test_no_table_holds_a_password_or_token(auth: AuthGraph) -> None:
    alice = await _use_everything(auth)
    tables = await auth.database.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    stored = ""
    for row in tables:
        rows = await auth.database.fetch(f"SELECT t::text FROM {row['table_name']} AS t")  # noqa: S608
        stored += "".join(str(found[0]) for found in rows)
    assert "alice@example.com" in stored
    for secret in (DIRTY, NEW, alice.token, alice.refresh_token, alice.refresh_token[3:]):
        assert secret not in stored
    outbox = await auth.database.fetch("SELECT data::text FROM outbox")
    assert all("@" not in row[0] for row in outbox)
