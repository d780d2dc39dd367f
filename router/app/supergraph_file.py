"""The supergraph file: read at start-up, and again whenever it changes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from router.errors import StartupError

if TYPE_CHECKING:
    from pathlib import Path

    from router.app.router import Router

_logger = logging.getLogger("router.app")


class SupergraphFile:
    """One file that is looked at again and again.

    It is polled: files that are mounted into containers, or replaced by a rename, send no
    notifications that can be relied on.
    """

    def __init__(self, path: Path, poll_interval_s: float) -> None:
        self._path = path
        self._poll_interval_s = poll_interval_s
        self._text = ""
        self._problem = ""

    def read(self) -> str:
        """The text as it is now.

        Raises:
            StartupError: It cannot be read.
        """
        try:
            self._text = self._path.read_text("utf-8")
        except OSError as error:
            msg = f"supergraph file {self._path}: {error.strerror}"
            raise StartupError(msg) from error
        except UnicodeDecodeError as error:
            msg = f"supergraph file {self._path} is not UTF-8"
            raise StartupError(msg) from error
        return self._text

    async def follow(self, router: Router) -> None:
        """Give each new text to the router; a broken one is logged once and changes nothing."""
        while True:
            await asyncio.sleep(self._poll_interval_s)
            await self.look(router)

    async def look(self, router: Router) -> None:
        """Look once whether the file has changed."""
        before = self._text
        try:
            if self.read() == before:
                self._problem = ""
                return
            await router.replace_supergraph(self._text)
        except StartupError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _logger.error("The supergraph is not replaced: %s", error)  # noqa: TRY400 (expected)
        except Exception:  # the border of a background task: a file must not stop the router
            _logger.exception("The supergraph is not replaced: %s cannot be read", self._path)
        else:
            self._problem = ""
            _logger.info("The supergraph is replaced by the changed file %s", self._path)
