"""Command lines, run in a thread of this process, which has imported everything already."""

import asyncio
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from tests.support.logs import own_logging


class Completed(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


class Command:
    """`python -m …` with arguments, standard input and environment variables.

    Args:
        main: What the module runs.
        prefix: Of its variables, such as `AUTH_`.
    """

    def __init__(
        self,
        main: Callable[[], int],
        prefix: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._main = main
        self._prefix = prefix
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    async def __call__(self, *arguments: str, stdin: str = "", **variables: str) -> Completed:
        self._monkeypatch.setattr(sys, "argv", ["command", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        for name, value in variables.items():
            self._monkeypatch.setenv(f"{self._prefix}{name}", value)
        self._capsys.readouterr()
        exit_code = await asyncio.to_thread(self._main)
        return Completed(exit_code, *self._capsys.readouterr())


@contextmanager
def command_of(
    main: Callable[[], int],
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Command]:
    """The command line of one subgraph; logging is as before afterwards."""
    with own_logging():
        yield Command(main, prefix, monkeypatch, capsys)
