"""`make up` as a person meets it: start, kill, start again, Ctrl-C, wrong ports."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devstack.process import LOOPBACK, free_port
from devstack.stack import CHECKOUT
from tests.support.graph_client import GraphClient

pytestmark = pytest.mark.stack

READY_TIMEOUT_S = 90


@contextmanager
def launcher(data_dir: Path, ports: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack", "up", "--data", str(data_dir)],
        cwd=CHECKOUT,
        env={"PATH": os.defpath, **ports},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What the launcher prints up to the line with `text`; fails when it ends before."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if text in line:
            return "".join(seen)
    pytest.fail(f"ended without {text!r}:\n{''.join(seen)}")


def processes_of(data_dir: Path, ports: dict[str, str]) -> list[str]:
    """Command lines of living processes that serve this data folder or got these ports."""
    mark = f"AUTH_PORT={ports['AUTH_PORT']}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if os.fsencode(data_dir) in command or mark in environment.split(b"\0"):
            found.append(command.replace(b"\0", b" ").decode())
    return found


def wait_until_gone(data_dir: Path, ports: dict[str, str]) -> None:
    deadline = time.monotonic() + 10
    while processes_of(data_dir, ports):
        assert time.monotonic() < deadline, processes_of(data_dir, ports)
        time.sleep(0.05)


@pytest.fixture
def ports() -> dict[str, str]:
    return {name: str(free_port()) for name in ("AUTH_PORT", "TASKS_PORT", "ROUTER_PORT")}


@pytest.mark.timeout(3 * READY_TIMEOUT_S)
async def test_survives_a_kill_and_stops_without_a_trace(
    server_folder: Path, ports: dict[str, str]
) -> None:
    data_dir = server_folder / "up"
    router_url = f"http://{LOOPBACK}:{ports['ROUTER_PORT']}"
    with launcher(data_dir, ports) as process:
        screen = read_until(process, "tasks{nodes{title owner{username}}}")
        assert router_url in screen
        async with GraphClient(router_url) as client:
            person = await client.register()
        assert processes_of(data_dir, ports)
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until_gone(data_dir, ports)
    with launcher(data_dir, ports) as process:
        read_until(process, "tasks{nodes{title owner{username}}}")
        async with GraphClient(router_url) as client:
            login = await client.login(person.username)
        assert login["user"]["id"] == person.id
        process.send_signal(signal.SIGINT)
        rest = read_until(process, "Stopped.")
        assert process.wait(timeout=15) == 0
    assert "Traceback" not in rest
    wait_until_gone(data_dir, ports)


def test_a_taken_port_is_one_sentence(server_folder: Path, ports: dict[str, str]) -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, int(ports["TASKS_PORT"])))
        listener.listen()
        with launcher(server_folder / "taken", ports) as process:
            output, _ = process.communicate(timeout=30)
    assert f"Port {ports['TASKS_PORT']} of tasks is taken" in output
    assert "TASKS_PORT" in output
    assert "Traceback" not in output
    assert process.returncode == 1


def test_a_port_that_is_no_number_is_one_sentence(
    server_folder: Path, ports: dict[str, str]
) -> None:
    with launcher(server_folder / "wrong", {**ports, "ROUTER_PORT": "http"}) as process:
        output, _ = process.communicate(timeout=30)
    assert "ROUTER_PORT is 'http': it must be a port number" in output
    assert "Traceback" not in output
    assert process.returncode == 1


def test_a_folder_that_cannot_be_made_is_one_sentence(
    server_folder: Path, ports: dict[str, str]
) -> None:
    (server_folder / "file").touch()
    with launcher(server_folder / "file" / "data", ports) as process:
        output, _ = process.communicate(timeout=30)
    assert "cannot use" in output
    assert "Traceback" not in output
    assert process.returncode == 1
