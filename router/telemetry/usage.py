"""The usage file: which operations clients send, for schema checks that ask who would notice.

It holds hashes, names, coordinates and counts; never texts, variables, viewers or addresses.
docs/schema-checks.md has its form. What was seen is kept in memory and added to the file now and
then. Adding means: lock, read, add, write beside, rename; so several processes may share one file,
a reader never sees half of one, and a router that is killed loses what it saw since the last time.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from router.errors import StartupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from router.observations import Observations, OperationUse

_logger = logging.getLogger("router.telemetry")

_MAX_USES = 2000
"""Entries of the file, and new ones between two writes. Who sends other operations all the time
pushes out his own: those that were seen least often go first."""

_LOCK_TIMEOUT_S = 5.0
_LOCK_POLL_S = 0.02

_Key = tuple[str, str, str]
"""Hash, operation name, client."""


class UsageFileError(Exception):
    """The file cannot be added to; what was seen is kept."""


class _Use(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """One operation of one client, as the file has it."""

    hash: str
    name: str = ""
    client: str = ""
    count: int
    first_seen: str
    last_seen: str
    coordinates: list[str]

    def key(self) -> _Key:
        return (self.hash, self.name, self.client)

    def add(self, other: _Use) -> None:
        self.count += other.count
        self.first_seen = min(self.first_seen, other.first_seen)
        self.last_seen = max(self.last_seen, other.last_seen)


class _Uses(msgspec.Struct):
    operations: list[_Use]


class _Count:
    """What was seen of one operation since the last write; times are seconds since the epoch."""

    __slots__ = ("coordinates", "first_s", "last_s", "seen")

    def __init__(self, coordinates: tuple[str, ...], now_s: float) -> None:
        self.coordinates = coordinates
        self.seen = 0
        self.first_s = now_s
        self.last_s = now_s


class Usage:
    """Counts operations and keeps the file."""

    def __init__(
        self, path: Path, *, interval_s: float = 60.0, clock: Callable[[], float] = time.time
    ) -> None:
        """Look at the file, without touching it.

        Raises:
            StartupError: What is there is no usage file, or none can be there.
        """
        self._path = path
        self._interval_s = interval_s
        self._clock = clock
        self._counts: dict[_Key, _Count] = {}
        self._left_out = 0
        self._is_failing = False
        self._writing: asyncio.Future[None] | None = None
        if not os.access(path.parent, os.W_OK):
            msg = f"ROUTER_USAGE_FILE: the folder {path.parent} cannot be written to"
            raise StartupError(msg)
        try:
            _read(path)
        except UsageFileError as error:
            msg = f"ROUTER_USAGE_FILE: {error}"
            raise StartupError(msg) from error

    def observe(self, observations: Observations) -> None:
        """Count the operations of a request that could be answered."""
        for use in observations.uses:
            self._count(use, self._clock())

    def _count(self, use: OperationUse, now_s: float) -> None:
        key = (use.hash, use.name, use.client)
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= _MAX_USES:
                self._left_out += 1
                return
            count = self._counts[key] = _Count(use.coordinates, now_s)
        count.seen += 1
        count.last_s = now_s

    async def follow(self) -> None:
        """Write for as long as the router runs."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.write()

    async def write(self) -> None:
        """Add to the file what was seen since the last time."""
        if self._writing is not None:  # its task was cancelled, its thread goes on
            await asyncio.wait([self._writing])
        if not self._counts:
            return
        counts, self._counts = self._counts, {}
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._store, counts)
        self._writing.add_done_callback(lambda done: self._finish(counts, done))
        await asyncio.wait([self._writing])

    def _store(self, counts: dict[_Key, _Count]) -> None:
        with _locked(self._path):
            uses = {use.key(): use for use in _read(self._path)}
            for key, count in counts.items():
                seen = _use_of(key, count)
                known = uses.get(key)
                if known is None:
                    uses[key] = seen
                else:
                    known.add(seen)
            _replace(self._path, list(uses.values()))

    def _finish(self, counts: dict[_Key, _Count], done: asyncio.Future[None]) -> None:
        self._writing = None
        error = None if done.cancelled() else done.exception()
        if isinstance(error, UsageFileError | OSError):
            self._keep(counts)
            if not self._is_failing:
                _logger.error("The usage file cannot be written: %s", error)
        elif error is not None:
            raise error
        self._is_failing = error is not None
        if self._left_out and error is None:
            _logger.warning(
                "%d requests with operations beyond the first %d are not in the usage file",
                self._left_out,
                _MAX_USES,
            )
            self._left_out = 0

    def _keep(self, counts: dict[_Key, _Count]) -> None:
        """Take back what could not be written."""
        for key, count in counts.items():
            later = self._counts.get(key)
            if later is not None:
                later.seen += count.seen
                later.first_s = count.first_s
            elif len(self._counts) < _MAX_USES:
                self._counts[key] = count


def _use_of(key: _Key, count: _Count) -> _Use:
    operation_hash, name, client = key
    return _Use(
        hash=operation_hash,
        name=name,
        client=client,
        count=count.seen,
        first_seen=_text(count.first_s),
        last_seen=_text(count.last_s),
        coordinates=list(count.coordinates),
    )


def _text(moment_s: float) -> str:
    return datetime.fromtimestamp(int(moment_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(path: Path) -> list[_Use]:
    """The entries of the file; none if it does not exist.

    Raises:
        UsageFileError: It is of another form, or cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise UsageFileError(msg) from error
    try:
        return msgspec.json.decode(content, type=_Uses).operations
    except msgspec.DecodeError as error:
        msg = f"{path} is no usage file of a router: {error}"
        raise UsageFileError(msg) from error


def _replace(path: Path, uses: list[_Use]) -> None:
    if len(uses) > _MAX_USES:
        uses.sort(key=lambda use: (use.count, use.last_seen), reverse=True)
        del uses[_MAX_USES:]
    uses.sort(key=_Use.key)
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(_Uses(uses)), indent=1) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from adding at the same time.

    The lock is on a file of its own, since the one it guards is replaced.

    Raises:
        UsageFileError: Another process holds it for too long.
    """
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    msg = f"{path} is locked by another process"
                    raise UsageFileError(msg) from error
                time.sleep(_LOCK_POLL_S)
        yield
