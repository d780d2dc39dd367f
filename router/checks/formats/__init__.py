"""A report, written for people and for the programs that show checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.formats.github import github
from router.checks.formats.json import as_json
from router.checks.formats.junit import junit
from router.checks.formats.sarif import sarif
from router.checks.formats.text import coloured_text, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from router.checks.report import Report

# Text is for people; these are for programs.
FORMATS: Mapping[str, Callable[[Report], str]] = {
    "json": as_json,
    "github": github,
    "junit": junit,
    "sarif": sarif,
}

__all__ = ["FORMATS", "coloured_text", "text"]
