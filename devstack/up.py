"""`make up`: start the stack, show one screen, print log lines until Ctrl-C, stop everything."""

import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

from devstack.errors import DevstackError
from devstack.process import die_with_parent
from devstack.screen import Row, Screen
from devstack.settings import read_environment
from devstack.stack import CHECKOUT, Stack, StopRequested


def up(data_dir: Path, *, ends_with_parent: bool = False) -> int:
    """Run until a signal comes or a part fails; give the exit code."""
    if ends_with_parent:
        die_with_parent(os.getppid(), signal.SIGTERM)
    screen = Screen()
    stop_requested = threading.Event()

    def request_stop(_signal: int, _frame: FrameType | None) -> None:
        stop_requested.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    try:
        stack = Stack(
            data_dir,
            environment=read_environment(CHECKOUT / ".env"),
            sink=screen.line,
            stop_requested=stop_requested,
        )
        _run(stack, screen)
    except DevstackError as error:
        screen.problem(str(error))
        return error.exit_code
    return 0


def _run(stack: Stack, screen: Screen) -> None:
    """Start, show the screen, stay; whatever ends this, stop what was started."""
    screen.say("Starting databases, broker, subgraphs, workers and the router ...")
    began = time.monotonic()
    try:
        stack.start()
        screen.running(_rows(stack), stack.router_url, time.monotonic() - began)
        stack.wait()
    except StopRequested:
        pass
    finally:
        if stack.databases:
            screen.say("Stopping ...")
        stack.stop()
        if stack.databases:
            screen.say("Stopped.")


def _rows(stack: Stack) -> list[Row]:
    rows: list[Row] = []
    for name, database in stack.databases.items():
        address = database.url().replace(f":{database.password}@", "@")
        rows.append((f"{name}-db", address, str(database.process.pid)))
    if stack.broker is not None:
        rows.append(("broker", stack.broker.url, str(stack.broker.process.pid)))
    for running in stack.parts:
        part = running.part
        rows.append((part.name, part.address or "no port", str(running.process.pid)))
    rows.append(("data", str(stack.data_dir), ""))
    return rows
