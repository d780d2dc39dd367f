"""Reads what the command line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from pathlib import Path


def read_file(path: Path) -> str:
    """A text file, without the byte order mark that some editors put first.

    Raises:
        CheckInputError: It cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        msg = f"{path}: {error.strerror}"
        raise CheckInputError(msg) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = f"{path}:{line}: byte {error.object[error.start]:#04x} is not UTF-8"
        raise CheckInputError(msg) from error
