"""The report as JUnit XML, which every CI shows.

Its failures are those of the gate, so that it agrees with the exit code: one test for each bound and each drop. A case
that ended in an error is an error; one that fell short without failing a bound is skipped, with what it fell short of.
"""

from xml.etree import ElementTree as Xml

from evals.gating.gate import Finding, Level, failures
from evals.gating.thresholds import WHOLE
from evals.reports.report import HELD_OUT, OPEN, Report, problems
from evals.scoring.scores import Score


def to_junit(report: Report) -> str:
    """Return the report as JUnit XML: a suite for the gate, and one for each group of cases."""
    root = Xml.Element("testsuites", name=f"newsdesk eval of {report.model}")
    _add(root, "gate", [_bound(report, *bound) for bound in _bounds(report)])
    for group in report.groups:
        if group not in (WHOLE, OPEN, HELD_OUT):
            _add(root, group, [_case(score) for score in report.scores if score.group == group])
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _add(root: Xml.Element, name: str, cases: list[Xml.Element]) -> None:
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error", "skipped")}
    suite = Xml.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
    )
    suite.extend(cases)


def _bounds(report: Report) -> list[tuple[str, str]]:
    """Return the group and the metric of each bound, and of each finding beside them, once."""
    found = [
        (group, name)
        for group, bounds in report.thresholds.by_group
        for table in (bounds.floors, bounds.ceilings, bounds.max_drop)
        for name in table
    ]
    return list(dict.fromkeys(found + [(finding.group, finding.name) for finding in report.findings]))


def _bound(report: Report, group: str, name: str) -> Xml.Element:
    test = Xml.Element("testcase", classname="gate", name=f"{group}: {name}")
    for finding in _of(report.findings, group, name):
        if finding in failures([finding]):
            Xml.SubElement(test, "failure", message=_printable(finding.reason))
        elif finding.level is Level.WARNS:
            Xml.SubElement(test, "system-out").text = _printable(f"{finding.level}: {finding.reason}")
    return test


def _of(findings: tuple[Finding, ...], group: str, name: str) -> list[Finding]:
    return [finding for finding in findings if (finding.group, finding.name) == (group, name)]


def _case(score: Score) -> Xml.Element:
    seconds = f"{score.seconds.get('total', 0.0):.3f}"
    test = Xml.Element("testcase", classname=_printable(score.group), name=_printable(score.id), time=seconds)
    if score.error:
        Xml.SubElement(test, "error", message=_printable(score.error))
    elif found := problems(score):
        message = "fell short" if score.held_out else "; ".join(found)
        Xml.SubElement(test, "skipped", message=_printable(message))
    return test


def _printable(text: str) -> str:
    """Return text without the characters that XML 1.0 has no way to write."""
    unwritable = {char for char in text if (char < " " and char not in "\t\n\r") or char in "\ufffe\uffff"}
    return text.translate({ord(char): "\ufffd" for char in unwritable})
