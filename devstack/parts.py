"""The processes of our own programs, forked from one server that has imported what they share."""

import os
import re
import runpy
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path

from devstack.errors import PartEndedError
from devstack.log_format import readable
from devstack.log_lines import LineSink, LogLines
from devstack.process import die_with_parent

_FORK_SERVER = get_context("forkserver")
_FORK_SERVER.set_forkserver_preload(["devstack.preload"])

_STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Part:
    """A program that runs as `python -m module arguments`."""

    name: str
    module: str
    arguments: tuple[str, ...]
    address: str | None = None


@dataclass(frozen=True, slots=True)
class RunningPart:
    part: Part
    process: BaseProcess
    lines: LogLines

    @property
    def has_ended(self) -> bool:
        return self.process.exitcode is not None

    def refuse_end(self) -> None:
        """Raise what its last line says, when the part has ended."""
        if self.has_ended:
            raise self.failure()

    def failure(self) -> PartEndedError:
        telling = [line for line in self.lines.last() if re.search(r"\w", line)]
        last_line = readable(telling[-1]).text.strip() if telling else "it printed nothing"
        return PartEndedError(self.part.name, self.process.exitcode, last_line)

    def request_stop(self) -> None:
        """Ask it to end, once: a second request would cut short what it does to end well."""
        if not self.has_ended:
            self.process.terminate()

    def wait_for_end(self) -> None:
        """Wait after `request_stop`, and kill it when it does not end."""
        self.process.join(_STOP_TIMEOUT_S)
        if not self.has_ended:
            self.process.kill()
            self.process.join()


def start_fork_server() -> None:
    """Begin to import what the parts share; the first part waits for the end of it.

    The server inherits that Ctrl-C is ignored: the launcher alone decides when things end.
    """
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        ensure_running()
    finally:
        signal.signal(signal.SIGINT, handler)


def launch_part(
    part: Part, *, environment: Mapping[str, str], folder: Path, sink: LineSink
) -> RunningPart:
    """Start a part; it ends with the fork server, which ends with this process."""
    reader, writer = _FORK_SERVER.Pipe(duplex=False)
    process = _FORK_SERVER.Process(
        target=_run, args=(part, dict(environment), folder, writer), name=part.name
    )
    process.start()
    writer.close()
    return RunningPart(part, process, LogLines(part.name, reader, sink))


def _run(part: Part, environment: dict[str, str], folder: Path, output: Connection) -> None:
    """Be `python -m module arguments`: in the child, after the fork."""
    die_with_parent(os.getppid(), signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    output.close()
    os.environ.clear()  # noqa: TID251 - the child gets the environment that it was given
    os.environ.update(environment)  # noqa: TID251
    os.chdir(folder)
    sys.argv = [part.module, *part.arguments]
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    runpy.run_module(part.module, run_name="__main__", alter_sys=True)
