"""Child processes that never outlive the one who started them."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

LOOPBACK = "127.0.0.1"

# libc is loaded before any fork: between fork and exec nothing may import or take locks.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int, death_signal: int) -> None:
    """Have the kernel send `death_signal` to this process when its parent ends, however it ends.

    Runs in the child between fork and exec, after any change of user (which would clear it).
    Elsewhere than on Linux nothing like it exists, and only an orderly stop ends the children.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent_pid:  # the parent ended between fork and prctl
        os._exit(1)


def launch(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    input_: int = subprocess.DEVNULL,
    output: int | IO[bytes] = subprocess.DEVNULL,
    death_signal: int = signal.SIGKILL,
    before_exec: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that Ctrl-C in the terminal does not reach it.

    Args:
        command: Program and arguments.
        environment: The whole environment of the child; None hands on ours.
        folder: Its working directory.
        input_: Standard input.
        output: Where standard output and standard error go.
        death_signal: What the child gets when this process ends without stopping it. The signal
            follows the thread that called: call from one that lives as long as the process.
        before_exec: Runs in the child first, for a change of user.
    """
    parent_pid = os.getpid()

    def prepare_child() -> None:
        if before_exec is not None:
            before_exec()
        die_with_parent(parent_pid, death_signal)

    return subprocess.Popen(
        [str(part) for part in command],
        env=environment,
        cwd=folder,
        stdin=input_,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=prepare_child,  # noqa: PLW1509 - takes no lock; the only way to PR_SET_PDEATHSIG
    )


def stop(process: subprocess.Popen[bytes], *, stop_signal: int, timeout_s: float) -> None:
    """Ask a child to end, wait, and kill it when it does not; repeating is harmless."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(stop_signal)
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def is_port_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
