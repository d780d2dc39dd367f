"""The embedded Postgres server: starts, keeps data, says clearly why it cannot start."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from devstack.errors import (
    AlreadyRunningError,
    DataVersionError,
    DiskError,
    PortTakenError,
)
from devstack.postgres import THROWAWAY_OPTIONS, EmbeddedPostgres
from devstack.process import LOOPBACK


def embedded(data_dir: Path, port: int | None = None) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, password="secret", port=port, options=THROWAWAY_OPTIONS)


async def fetch(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture
def data_dir(server_folder: Path, request: pytest.FixtureRequest) -> Path:
    return server_folder / f"pg-{abs(hash(request.node.nodeid)) % 10**8}"


async def test_data_survive_a_stop_and_a_kill(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, password="secret") as server:
        await fetch(server.url(), "CREATE TABLE kept (n int)")
        await fetch(server.url(), "INSERT INTO kept VALUES (1)")
    with EmbeddedPostgres(data_dir, password="secret") as server:
        await fetch(server.url(), "INSERT INTO kept VALUES (2)")
        server.process.kill()
        server.process.wait()
    with EmbeddedPostgres(data_dir, password="secret") as server:
        assert await fetch(server.url(), "SELECT sum(n) FROM kept") == 3


async def test_needs_the_password(postgres_server: EmbeddedPostgres) -> None:
    wrong = postgres_server.url().replace(f":{postgres_server.password}@", ":guess@")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await fetch(wrong, "SELECT 1")


async def test_has_what_the_schema_needs(postgres_server: EmbeddedPostgres) -> None:
    url = postgres_server.url()
    assert await fetch(url, "SELECT to_tsvector('russian', 'отчёты') @@ 'отчёт'") is not None
    assert await fetch(url, "SELECT count(*) FROM pg_ts_config WHERE cfgname = 'english'") == 1
    assert await fetch(url, "SHOW server_encoding") == "UTF8"
    assert await fetch(url, "SHOW timezone") == "UTC"


def test_a_stale_pid_file_of_a_living_stranger_is_ignored(data_dir: Path) -> None:
    with embedded(data_dir):
        ready = (data_dir / "postmaster.pid").read_text().splitlines()
    ready[0] = str(os.getpid())
    (data_dir / "postmaster.pid").write_text("\n".join(ready) + "\n")
    with embedded(data_dir) as server:
        assert asyncio.run(fetch(server.url(), "SELECT 1")) == 1


def test_a_second_server_over_the_same_folder_is_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstack.postgres._STOP_TIMEOUT_S", 0.05)
    with embedded(data_dir), pytest.raises(AlreadyRunningError, match="already uses"):
        embedded(data_dir).start()


def test_a_taken_port_is_named(data_dir: Path) -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} "):
            embedded(data_dir, port).start()


def test_data_of_another_version_are_left_alone(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "PG_VERSION").write_text("12\n")
    with pytest.raises(DataVersionError, match=r"made by Postgres 12, this is Postgres \d+"):
        embedded(data_dir).start()
    assert [entry.name for entry in data_dir.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_cannot_be_made_is_one_sentence(data_dir: Path) -> None:
    data_dir.touch()
    with pytest.raises(DiskError, match="File exists"):
        embedded(data_dir / "inside").start()


def test_the_server_ends_with_a_killed_starter(data_dir: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from devstack.postgres import *\n"
        "s = EmbeddedPostgres(Path(sys.argv[1]), password='x', options=THROWAWAY_OPTIONS).start()\n"
        "print(s.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(data_dir)], stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        server_pid = int(starter.stdout.readline())
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{server_pid}/exe").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not (data_dir / "postmaster.pid").exists()
