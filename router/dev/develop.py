"""Keeps a supergraph file up to date while a router serves it."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from router.dev.watch import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOOK_EVERY_S = 0.5


class Composer:
    """Composes a configuration again after it, or anything it names, has changed.

    Each composition is a process of its own, since modules are imported only once in a process.
    Its findings go to standard error, as those of `router compose`.

    Args:
        configuration: A supergraph.yaml.
        supergraph: Written when the subgraphs compose, left as it is when they do not.
        say: Gets one line for each composition.
    """

    def __init__(self, configuration: Path, supergraph: Path, say: Callable[[str], None]) -> None:
        self._configuration = configuration
        self._supergraph = supergraph
        self._say = say
        self._seen: tuple[str, ...] | None = None

    def wait_for_supergraph(self) -> None:
        """Return when there is one; until then compose after each change."""
        self.look()
        while not self._supergraph.exists():
            time.sleep(_LOOK_EVERY_S)
            self.look()

    def keep_looking(self) -> None:
        """Compose after each change, for ever."""
        while True:
            time.sleep(_LOOK_EVERY_S)
            self.look()

    def look(self) -> None:
        """Compose if something has changed since the last look."""
        seen = fingerprint(self._configuration)
        if seen != self._seen:
            self._seen = seen
            self._compose()

    def _compose(self) -> None:
        started_s = time.monotonic()
        command = (sys.executable, "-m", "router", "compose", str(self._configuration))
        output = ("-o", str(self._supergraph))
        code = subprocess.run((*command, *output), check=False).returncode  # noqa: S603 (no shell)
        if code == 0:
            self._say(f"composed in {time.monotonic() - started_s:.1f} s")
        elif self._supergraph.exists():
            self._say("the subgraphs do not compose; the last supergraph is served on")
        else:
            self._say("the subgraphs do not compose; waiting for a change")
