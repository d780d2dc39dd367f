"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from router.checks.advice import NO_ADVICE, Advice

if TYPE_CHECKING:
    from router.checks.change import Severity
    from router.checks.operations import Use
    from router.checks.python_source import PythonLine


class Level(Enum):
    """What a finding means for the check: only an error refuses."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A line that exists in the working tree; line and column count from 1."""

    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say.

    Attributes:
        renamed_to: Coordinate that what was removed seems to have now.
        used_by: Operations that rely on what changed.
        subgraphs: Whose files hold it.
        made_by: Where a Strawberry subgraph defines it, or what held it.
    """

    level: Level
    code: str
    coordinate: str
    message: str
    severity: Severity | None = None
    advice: Advice = NO_ADVICE
    renamed_to: str = ""
    location: FileLocation | None = None
    subgraphs: tuple[str, ...] = ()
    used_by: tuple[Use, ...] = ()
    made_by: PythonLine | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of a check, the weightiest findings first.

    Attributes:
        file: What was checked, for findings that have no line of their own.
    """

    findings: tuple[Finding, ...]
    file: str = ""

    @property
    def is_refused(self) -> bool:
        return any(finding.level is Level.ERROR for finding in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)
