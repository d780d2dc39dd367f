"""For GitLab and others that show JUnit files: one case a finding, failed when it refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from router.checks.formats.text import details_of, message_of
from router.checks.report import Level

if TYPE_CHECKING:
    from router.checks.report import Finding, Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML has no way to write; a schema may quote any."""


def junit(report: Report) -> str:
    failures = sum(finding.level is Level.ERROR for finding in report.findings)
    cases = max(1, len(report.findings))
    suite = Element(
        "testsuite", name="schema", tests=str(cases), failures=str(failures), errors="0", time="0"
    )
    for finding in report.findings:
        _add_case(suite, finding)
    if not report.findings:
        SubElement(suite, "testcase", classname="schema", name="nothing changed", time="0")
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    text = _NOT_XML.sub("\ufffd", tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add_case(suite: Element, finding: Finding) -> None:
    name = f"{finding.code} {finding.coordinate}".strip()
    case = SubElement(suite, "testcase", classname="schema", name=name, time="0")
    if finding.location is not None:
        case.set("file", finding.location.path)
        case.set("line", str(finding.location.line))
    details = "\n".join(details_of(finding))
    if finding.level is Level.ERROR:
        failure = SubElement(case, "failure", type=finding.code, message=message_of(finding))
        failure.text = details
    else:
        SubElement(case, "system-out").text = details
