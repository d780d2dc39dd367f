"""Servers that the tests share: one of each kind per test process, started when first used."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.postgres import THROWAWAY_OPTIONS, EmbeddedPostgres
from devstack.stack import Stack
from tests.support.databases import Databases
from tests.support.running_stack import running_stack


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests of the running stack in one test process: starting it is dear."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker("stack")
            item.add_marker(pytest.mark.xdist_group("stack"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fail when pytest-xdist keeps no group together, which it may do in silence."""
    if not session.config.getoption("loadgroup", default=False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid.rpartition("]")[2]:
            msg = f"{item.nodeid} is in no group: is pytest too new for pytest-xdist?"
            raise pytest.UsageError(msg)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A short path that another user may enter, unlike pytest's own temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="servers-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    """An empty Postgres server; `postgres_server.url()` is the superuser's URL."""
    with EmbeddedPostgres(
        server_folder / "postgres", password="postgres", options=THROWAWAY_OPTIONS
    ) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres_server: EmbeddedPostgres) -> Databases:
    """Databases on it: `databases.url("tasks", migrate)`."""
    return Databases(postgres_server)


@pytest.fixture(scope="session")
def log_lines() -> list[str]:
    """What the parts of the running stack have printed so far."""
    return []


@pytest.fixture(scope="session")
def stack(server_folder: Path, log_lines: list[str]) -> Iterator[Stack]:
    """The real processes on free ports; the router is at `stack.router_url`."""
    with running_stack(server_folder / "stack", log_lines) as running:
        yield running
