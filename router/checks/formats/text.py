"""For people: one block a finding, then one line that says what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.checks.change import Severity
from router.checks.report import Level

if TYPE_CHECKING:
    from router.checks.operations import KnownOperation, Use
    from router.checks.report import Finding, Report

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
    lines = [f"{at}{kind}  {finding.code}  {message_of(finding)}"]
    lines += [f"    used by {user}" for user in users_in_words(finding.used_by)]
    if finding.severity is Severity.BREAKING and not finding.used_by:
        hint = "; --allow-unused lets it pass" if finding.level is Level.ERROR else ""
        lines.append(f"    no known operation uses it{hint}")
    if finding.made_by is not None:
        lines.append(f"    made by {finding.made_by.path}:{finding.made_by.line}")
    lines += [f"    {advice}" for advice in advice_in_words(finding)]
    return lines


def details_of(finding: Finding) -> list[str]:
    """The sentences of a finding, for formats that have a place for its line."""
    users = users_in_words(finding.used_by)
    used_by = [f"Used by {'; '.join(users)}."] if users else []
    return [message_of(finding), *used_by, *advice_in_words(finding)]


def message_of(finding: Finding) -> str:
    """What changed, in a sentence or two."""
    if not finding.renamed_to:
        return finding.message
    return f"{finding.message} Renamed to {finding.renamed_to}?"


def advice_in_words(finding: Finding) -> list[str]:
    """What to do, for those who own the subgraph and for those who own a client."""
    subgraph, clients = finding.advice
    return [
        f"{who}: {what}"
        for who, what in (("in the subgraph", subgraph), ("in clients", clients))
        if what and (finding.used_by or finding.renamed_to or finding.severity is None)
    ]


def users_in_words(users: tuple[Use, ...]) -> list[str]:
    """Who relies on it, where, how often, since when and until when, as far as it is known."""
    shown = [_user(*use) for use in users[:_SHOWN_OPERATIONS]]
    further = len(users) - len(shown)
    return shown + ([f"{further} more"] if further else [])


def _user(operation: KnownOperation, line: int) -> str:
    details = [f"{operation.source}:{line}" if line else operation.source]
    if operation.client is not None:
        details.append(f"client {operation.client}")
    if operation.requests is not None:
        details.append(f"{operation.requests:,} requests")
    if operation.first_seen is not None:
        details.append(f"since {operation.first_seen}")
    if operation.last_seen is not None:
        details.append(f"last seen {operation.last_seen}")
    return f"{operation.name} ({', '.join(details)})"


def _summary(report: Report) -> str:
    counts = ", ".join(f"{report.count(severity)} {severity.value}" for severity in Severity)
    others = sum(f.severity is None and f.level is not Level.NOTE for f in report.findings)
    further = f"; {others} further finding{'s' if others > 1 else ''}" if others else ""
    verdict = "Refused" if report.is_refused else "Passed"
    return f"{verdict}: {counts} changes{further}."
