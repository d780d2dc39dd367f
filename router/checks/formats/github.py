"""For GitHub Actions: workflow commands that become annotations on the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.formats.text import details_of
from router.checks.report import Level

if TYPE_CHECKING:
    from router.checks.report import Finding, Report

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def github(report: Report) -> str:
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    properties = {"title": finding.code}
    if finding.location is not None:
        properties |= {
            "file": finding.location.path,
            "line": str(finding.location.line),
            "col": str(finding.location.column),
        }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = "\n".join(details_of(finding))
    return f"::{_COMMANDS[finding.level]} {listed}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
