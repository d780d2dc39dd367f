"""For code scanning: SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from router.checks.formats.text import details_of
from router.checks.report import FileLocation

if TYPE_CHECKING:
    from router.checks.report import Finding, Report


def sarif(report: Report) -> str:
    rules = sorted({finding.code for finding in report.findings})
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "router check",
                        "rules": [{"id": code} for code in rules],
                    }
                },
                "results": [_result(finding, rules, report.file) for finding in report.findings],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _result(finding: Finding, rules: list[str], file: str) -> dict[str, Any]:
    """A result has a place in any case: GitHub refuses the whole file when one has none."""
    location = finding.location or FileLocation(file, 1, 1)
    return {
        "ruleId": finding.code,
        "ruleIndex": rules.index(finding.code),
        "level": finding.level.value,
        "message": {"text": "\n".join(details_of(finding))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(location.path)},
                    "region": {"startLine": location.line, "startColumn": location.column},
                }
            }
        ],
    }
