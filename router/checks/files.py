"""Reads what the command line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.errors import CheckInputError

if TYPE_CHECKING:
    from pathlib import Path

    from graphql import GraphQLError


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


def excerpt(text: str, line: int, column: int) -> str:
    """The line that a message is about, with a caret under its column; empty without one."""
    lines = text.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    shown = lines[line - 1]
    indent = "".join("\t" if character == "\t" else " " for character in shown[: column - 1])
    return f"{line:>5} | {shown}\n      | {indent}^"


def located(path: Path | str, text: str, line: int, column: int, message: str) -> str:
    """A message with its place, and below it the line it is about."""
    shown = excerpt(text, line, column)
    return f"{path}:{line}:{column}: {message}" + (f"\n{shown}" if shown else "")


def located_error(path: Path | str, text: str, error: GraphQLError) -> str:
    """The same of an error of graphql-core."""
    if not error.locations:
        return f"{path}: {error.message}"
    at = error.locations[0]
    return located(path, text, at.line, at.column, error.message)
