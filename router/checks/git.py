"""Asks Git, where there is one."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def file_at(ref: str, folder: Path, name: str) -> str:
    """A file as it was at a ref; `name` is relative to a folder of the working tree.

    Raises:
        CheckInputError: There is no such ref, or no such file there.
    """
    done = _git(folder, "show", "--end-of-options", f"{ref}:./{name}")
    if done is None:
        msg = f"git is needed to compare with {ref}"
        raise CheckInputError(msg)
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        msg = f"{ref} is neither a file nor a Git ref that holds {folder / name}: {reason}"
        if "invalid object name" in reason:
            msg += " In CI, fetch it first (actions/checkout: fetch-depth: 0)."
        raise CheckInputError(msg)
    return done.stdout.decode("utf-8-sig", errors="replace")


def days_added(folder: Path) -> Mapping[str, str]:
    """When Git got each file, by path below `folder`; empty outside Git and in a shallow clone."""
    shallow = _git(folder, "rev-parse", "--is-shallow-repository")
    if shallow is None or shallow.stdout.strip() != b"false":
        return {}
    additions = ("--diff-filter=A", "--no-renames", "--name-only", "--relative", "--format=%as")
    done = _git(folder, "log", "-z", *additions, "--", ".")
    day, days = "", dict[str, str]()
    for entry in re.split(r"[\0\n]", done.stdout.decode(errors="replace") if done else ""):
        if _DAY.fullmatch(entry):
            day = entry
        elif entry:
            days[entry] = day
    return days


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    """What a command gives; None where Git is not installed."""
    command = ("git", "-C", str(folder), *arguments)
    try:
        return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (no shell)
    except OSError:
        return None
