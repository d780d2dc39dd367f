"""A RabbitMQ node for tests: its own data, ports and Erlang port mapper, killed without mercy."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from devstack.process import LOOPBACK, free_port

_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # unlike the one on PATH, runs as anybody
_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 5.0
_POLL_S = 0.1


def find_rabbitmq() -> Path | None:
    """The server's program; None where RabbitMQ is not installed."""
    if _SERVER.exists():
        return _SERVER
    on_path = shutil.which("rabbitmq-server")
    return Path(on_path) if on_path else None


class RabbitNode:
    """One node over one folder."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._port = free_port()
        self._distribution_port = free_port()
        self._port_mapper_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{LOOPBACK}:{self._port}/"

    def start(self) -> None:
        """Start the node; its port opens before it is ready, so ask for a protocol header."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "enabled_plugins").write_text("[].")
        environment = {
            "PATH": os.environ["PATH"],  # noqa: TID251 - what the program needs to be found
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"test-{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "ERL_EPMD_PORT": str(self._port_mapper_port),
        }
        with (self._folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [self._program],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self._folder / "output.log").read_text(errors="replace")
                self.kill()
                raise RuntimeError(f"RabbitMQ did not start:\n{log[-3000:]}")  # noqa: EM102
            time.sleep(_POLL_S)

    def kill(self) -> None:
        """End the node and its helpers, all at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            self._end_port_mapper()

    def _end_port_mapper(self) -> None:
        """It left the node's group, and ends when it is told and has noticed the node's end."""
        program = shutil.which("epmd")
        deadline = time.monotonic() + _END_TIMEOUT_S
        while program is not None and time.monotonic() < deadline:
            command = [program, "-port", str(self._port_mapper_port), "-kill"]
            told = subprocess.run(command, check=False, capture_output=True, text=True)
            if "not allowed" not in told.stdout + told.stderr:
                return
            time.sleep(_POLL_S)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(connection.recv(1))
        except OSError:
            return False
