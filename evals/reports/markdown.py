"""The report as Markdown, for the summary of a CI job."""

import re

from evals.asking.outcomes import Outcome
from evals.gating.gate import failures
from evals.reports.report import Report, problems
from evals.reports.tables import COLUMNS, group_rows, repeat_lines, rows, told_apart
from evals.scoring.scores import Score

_MARKS = re.compile(r"[\\`*\[\]<>#|]|(?<!\w)_|_(?!\w)")


def to_markdown(report: Report) -> str:
    """Return the report as Markdown: figures with bounds and changes, figures by group, the cases that fell short."""
    _, held_out = told_apart(report)
    pairs = zip(report.outcomes, report.scores, strict=True)
    short = [part for outcome, score in pairs if not score.held_out for part in _story(outcome, score)]
    lines = [
        f"# Eval of {escaped(report.model)}: {'passed' if report.passed else 'not passed'}",
        "",
        *_listed(
            [f"{finding.level}: {finding.reason}" for finding in report.findings]
            + repeat_lines(report)
            + list(report.notes)
        ),
        "| metric | figure | 95 % | bound | | change | n |",
        "|---|---|---|---|---|---|---|",
        *(f"| {' | '.join(escaped(cell) for cell in row)} |" for row in _ordered(report)),
        "",
        "## By group",
        "",
        f"| group | cases | {' | '.join(COLUMNS)} | abstained |",
        "|---" * (len(COLUMNS) + 3) + "|",
        *(f"| {' | '.join(escaped(cell) for cell in row)} |" for row in group_rows(report)),
        "",
        "## Cases that fell short",
        "",
        *_listed([held_out] if held_out else []),
        *(short or ["None."]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line; inside a word, an underscore is no mark."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def _ordered(report: Report) -> list[tuple[str, ...]]:
    """Return the rows, those of figures that fail first."""
    failed = {finding.name for finding in failures(report.findings)}
    found = sorted(rows(report), key=lambda row: row.name not in failed)
    return [(row.name, row.value, row.interval, row.bound, row.verdict, row.change, row.n) for row in found]


def _listed(lines: list[str]) -> list[str]:
    return [*(f"- {escaped(line)}" for line in lines), ""] if lines else []


def _story(outcome: Outcome, score: Score) -> list[str]:
    """Return one case that fell short: what was asked, what was said, what was expected."""
    found = problems(score)
    if not found:
        return []
    case = outcome.case
    expected = [" or ".join(map(repr, group)) for group in case.required] or ["an abstention"]
    lines = [f"### {escaped(case.id)}", "", *(f"- {escaped(one)}" for one in found)]
    lines += [f"- asked before: {escaped(question)}" for question in case.earlier]
    lines += [f"- question: {escaped(case.question)}", f"- expected: {escaped('; '.join(expected))}"]
    lines += [
        f"- evidence: {escaped(' or '.join(f'{one.path} {one.quote!r}' for one in fact))}" for fact in case.evidence
    ]
    return [*lines, f"- answer: {escaped(outcome.answer.text if outcome.answer else 'none')}", ""]
