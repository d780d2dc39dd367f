"""For GitLab and others that show JUnit files: one case a finding, failed when it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from router.checks.check import Level
from router.checks.formats.text import operations_in_words

if TYPE_CHECKING:
    from router.checks.check import Finding, Report


def junit(report: Report) -> str:
    failures = sum(finding.level is Level.ERROR for finding in report.findings)
    cases = max(1, len(report.findings))
    suite = Element("testsuite", name="schema", tests=str(cases), failures=str(failures))
    for finding in report.findings:
        _add_case(suite, finding)
    if not report.findings:
        SubElement(suite, "testcase", classname="schema", name="nothing changed")
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_case(suite: Element, finding: Finding) -> None:
    name = f"{finding.code} {finding.coordinate}".strip()
    case = SubElement(suite, "testcase", classname="schema", name=name)
    if finding.location is not None:
        case.set("file", finding.location.path)
        case.set("line", str(finding.location.line))
    details = [finding.message]
    if finding.used_by:
        details.append(f"Used by {operations_in_words(finding.used_by)}.")
    if finding.advice:
        details.append(finding.advice)
    if finding.level is Level.ERROR:
        failure = SubElement(case, "failure", message=finding.message)
        failure.text = "\n".join(details)
    else:
        SubElement(case, "system-out").text = "\n".join(details)
