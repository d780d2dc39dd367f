"""A Valkey (or Redis) server for tests: in memory, on a port of its own."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from devstack.process import LOOPBACK, free_port

_START_TIMEOUT_S = 10.0
_POLL_S = 0.02


def find_valkey() -> str | None:
    """The server's program; None where neither is installed."""
    return shutil.which("valkey-server") or shutil.which("redis-server")


class ValkeyServer:
    """One server; `stop` and `start` again keep the port and forget the data."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"valkey://{LOOPBACK}:{self._port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                *(self._program, "--port", str(self._port), "--bind", LOOPBACK),
                *("--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self._program} did not start")  # noqa: EM102
            time.sleep(_POLL_S)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(5) == b"+PONG"
        except OSError:
            return False


@contextmanager
def running_valkey(program: str) -> Iterator[ValkeyServer]:
    server = ValkeyServer(program)
    server.start()
    try:
        yield server
    finally:
        server.stop()
