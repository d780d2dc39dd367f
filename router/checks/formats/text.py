"""For people: one block a finding, then one line that says what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.changes import Severity
from router.checks.check import Level

if TYPE_CHECKING:
    from router.checks.check import Finding, Report
    from router.checks.operations import KnownOperation

_COLOURS = {Level.ERROR: "\x1b[31m", Level.WARNING: "\x1b[33m", Level.NOTE: "\x1b[2m"}
_PLAIN = "\x1b[0m"
_SHOWN_OPERATIONS = 5


def text(report: Report) -> str:
    """Without colours, for files and pipes."""
    blocks = ["\n".join(_lines(finding)) for finding in report.findings]
    return "\n".join([*blocks, _summary(report)]) + "\n"


def coloured_text(report: Report) -> str:
    """For a terminal."""
    blocks = []
    for finding in report.findings:
        first, *rest = _lines(finding)
        blocks.append("\n".join([f"{_COLOURS[finding.level]}{first}{_PLAIN}", *rest]))
    return "\n".join([*blocks, _summary(report)]) + "\n"


def _lines(finding: Finding) -> list[str]:
    at = f"{finding.location.path}:{finding.location.line}  " if finding.location else ""
    kind = finding.severity.value if finding.severity else finding.level.value
    lines = [f"{at}{kind}  {finding.code}  {finding.message}"]
    if finding.used_by:
        lines.append(f"    used by {operations_in_words(finding.used_by)}")
    elif finding.severity is Severity.BREAKING:
        hint = "; --allow-unused lets it pass" if finding.level is Level.ERROR else ""
        lines.append(f"    no known operation uses it{hint}")
    if finding.made_by is not None:
        lines.append(f"    made by {finding.made_by.path}:{finding.made_by.line}")
    if finding.advice and finding.used_by:
        lines.append(f"    {finding.advice}")
    return lines


def operations_in_words(operations: tuple[KnownOperation, ...]) -> str:
    """Who relies on it, how often and until when, as far as it is known."""
    shown = [_operation(operation) for operation in operations[:_SHOWN_OPERATIONS]]
    further = len(operations) - len(shown)
    return "; ".join(shown) + (f"; and {further} more" if further else "")


def _operation(operation: KnownOperation) -> str:
    details = [operation.source]
    if operation.requests is not None:
        details.append(f"{operation.requests:,} requests")
    if operation.last_seen is not None:
        details.append(f"last seen {operation.last_seen}")
    return f"{operation.name} ({', '.join(details)})"


def _summary(report: Report) -> str:
    counts = ", ".join(f"{report.count(severity)} {severity.value}" for severity in Severity)
    others = sum(f.severity is None and f.level is not Level.NOTE for f in report.findings)
    further = f"; {others} further finding{'s' if others > 1 else ''}" if others else ""
    verdict = "Refused" if report.is_refused else "Passed"
    return f"{verdict}: {counts} changes{further}."
