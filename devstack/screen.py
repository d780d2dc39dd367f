"""What the person at the terminal sees: progress, log lines, and one screen when all runs."""

import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from devstack.log_format import readable
from devstack.settings import DEFAULT_PORTS

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta")
_LEVEL_STYLES = {"debug": "dim", "warning": "yellow", "error": "red", "critical": "bold red"}
_NAME_WIDTH = 13

Row = tuple[str, str, str]
"""Part, address, process id or file."""


class _Console(Console):
    """Goes on without an audience: a closed pipe or terminal must not keep us from stopping."""

    def on_broken_pipe(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - as in the base class
        with contextlib.suppress(OSError):
            super().print(*objects, **options)


class Screen:
    """Writes whole lines from any thread."""

    def __init__(self) -> None:
        self._console = _Console(highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._colours: dict[str, str] = {}

    def line(self, part: str, line: str) -> None:
        """Show one line that a part printed."""
        level, text = readable(line)
        with self._lock:
            colour = self._colours.setdefault(part, _COLOURS[len(self._colours) % len(_COLOURS)])
            prefix = Text(f"{part:<{_NAME_WIDTH}}│ ", style=colour)
            for row in text.splitlines():
                self._console.print(prefix + Text(row, style=_LEVEL_STYLES.get(level, "")))

    def say(self, sentence: str) -> None:
        with self._lock:
            self._console.print(escape(sentence), style="bold")

    def problem(self, sentence: str) -> None:
        with self._lock:
            self._console.print(escape(sentence), style="bold red")

    def running(self, rows: Sequence[Row], router_url: str, took_s: float) -> None:
        """The one screen: what runs where, and a first request."""
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in ("part", "address", "process"):
            table.add_column(heading, style="dim" if heading == "process" else "")
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        with self._lock:
            self._console.print(
                Panel(
                    table,
                    title=f"running after {took_s:.1f} s",
                    subtitle="Ctrl-C stops everything",
                    expand=False,
                )
            )
            self._console.print(
                f"GraphiQL: [bold]{router_url}/[/]   The tour: [bold]{_demo(router_url)}[/]"
            )
            self._console.print("\nRegister, create a task, read it across both services:\n")
            self._console.print(Text(first_request(router_url)))
            self._console.print()


def _demo(router_url: str) -> str:
    """`make demo`, told where the router is unless it is where it looks by itself."""
    port = int(router_url.rpartition(":")[2])
    return "make demo" if port == DEFAULT_PORTS["ROUTER_PORT"] else f"make demo ROUTER_PORT={port}"


def first_request(router_url: str) -> str:
    """A shell line with nothing but curl and sed in it, good for any number of runs."""
    post = f"curl -s {router_url}/graphql -H 'content-type: application/json'"
    register = (
        r'{"query":"mutation{register(input:{email:\"u'
        r"'$$'@example.com\",username:\"u'$$'\",password:\"correct horse battery\"})"
        r'{tokens{accessToken}}}"}'
    )
    create = (
        r'{"query":"mutation{createTask(input:{title:\"Buy milk\"})'
        r'{task{id}}}"}'
    )
    return (
        f"TOKEN=$({post} -d '{register}' \\\n"
        """  | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/') && \\\n"""
        f"""{post} -H "authorization: Bearer $TOKEN" \\\n  -d '{create}' && \\\n"""
        f"""{post} -H "authorization: Bearer $TOKEN" \\\n"""
        """  -d '{"query":"{tasks{nodes{title owner{username}}}}"}'"""
    )
