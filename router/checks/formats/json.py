"""For programs: `{"ok", "counts", "findings"}`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from router.checks.change import Severity

if TYPE_CHECKING:
    from router.checks.report import Finding, Report


def as_json(report: Report) -> str:
    record = {
        "ok": not report.is_refused,
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "findings": [finding_record(finding) for finding in report.findings],
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def finding_record(finding: Finding) -> dict[str, Any]:
    location = finding.location
    return {
        "level": finding.level.value,
        "severity": finding.severity.value if finding.severity else None,
        "code": finding.code,
        "coordinate": finding.coordinate,
        "message": finding.message,
        "renamedTo": finding.renamed_to or None,
        "advice": {"subgraph": finding.advice.subgraph, "clients": finding.advice.clients},
        "location": {"path": location.path, "line": location.line, "column": location.column}
        if location
        else None,
        "madeBy": {"path": finding.made_by.path, "line": finding.made_by.line}
        if finding.made_by
        else None,
        "subgraphs": list(finding.subgraphs),
        "usedBy": [
            {
                "name": operation.name,
                "source": operation.source,
                "line": line or None,
                "client": operation.client,
                "requests": operation.requests,
                "firstSeen": operation.first_seen,
                "lastSeen": operation.last_seen,
            }
            for operation, line in finding.used_by
        ],
    }
