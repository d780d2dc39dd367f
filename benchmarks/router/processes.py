"""Children of the benchmark: started, waited for, measured as whole trees, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

STOP_TIMEOUT_S = 5.0


class DidNotStartError(Exception):
    """The child ended, or did not answer in time; the message holds the end of its output."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Processes with all that they started."""

    roots: tuple[int, ...]

    def processes(self) -> Iterator[psutil.Process]:
        for pid in self.roots:
            root = psutil.Process(pid)
            yield root
            yield from root.children(recursive=True)

    def cpu_s(self) -> float:
        """CPU time since their start, user and system, with children that have ended."""
        return sum(
            t.user + t.system + t.children_user + t.children_system
            for t in (process.cpu_times() for process in self.processes())
        )

    def memory_mib(self) -> float:
        """Proportional set size: shared pages are counted once."""
        return sum(p.memory_full_info().pss for p in self.processes()) / 2**20


@dataclass(frozen=True, slots=True)
class Child:
    process: subprocess.Popen[bytes]
    log: Path

    def cpu_s(self) -> float:
        return Trees((self.process.pid,)).cpu_s()

    def memory_mib(self) -> float:
        return Trees((self.process.pid,)).memory_mib()

    def last_lines(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str], log: Path, *, env: Mapping[str, str], cwd: Path
) -> Iterator[Child]:
    """Run `command` in a process group of its own, ended with all its children on the way out."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the commands are this package's own
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    try:
        yield Child(process, log)
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_answer(
    child: Child, url: str, body: bytes | None, *, timeout_s: float = 60.0
) -> bytes:
    """The first answer with data; asks again and again until then, without a body by GET."""
    deadline = time.monotonic() + timeout_s
    headers = {"content-type": "application/json"}
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline:
            if child.process.poll() is not None:
                raise DidNotStartError(child.last_lines())
            with contextlib.suppress(httpx.HTTPError):
                method = "GET" if body is None else "POST"
                answer = client.request(method, url, content=body, headers=headers, timeout=5.0)
                if answer.status_code == 200 and b'"errors"' not in answer.content:
                    return answer.content
            time.sleep(0.02)
    msg = f"no answer within {timeout_s:.0f} s\n{child.last_lines()}"
    raise DidNotStartError(msg)
