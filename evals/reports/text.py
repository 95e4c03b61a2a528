"""The report for the shell, and what changed when a baseline is made anew."""

from collections.abc import Mapping

from evals.gating.baseline import Baseline
from evals.gating.gate import failures
from evals.gating.thresholds import WHOLE
from evals.reports.report import Report, problems
from evals.reports.tables import counted, group_rows, repeat_lines, rows, told_apart
from evals.scoring.scores import Score

_SHOWN = 40
"""So many cases that fell short are listed; the other reports have all."""


def to_text(report: Report) -> str:
    """Return the report for the shell: figures with their changes, and a line for each case that fell short."""
    lines = [f"{'metric':<24} {'value':>9}  {'95 %':<11} {'bound':<10} {'':<7} {'n':>4}  change"]
    lines += [
        f"{row.name:<24} {row.value:>9}  {row.interval:<11} {row.bound:<10} {row.verdict:<7} {row.n:>4}  "
        f"{row.change}".rstrip()
        for row in rows(report)
    ]
    lines += ["", *_groups(report), ""]
    scores, held_out = told_apart(report)
    short = [f"{score.id}: {'; '.join(found)}" for score in scores if (found := problems(score))]
    lines += short[:_SHOWN]
    lines += [f"and {counted(len(short) - _SHOWN, 'case')} more"] if len(short) > _SHOWN else []
    lines += [held_out] if held_out else []
    lines += [
        *repeat_lines(report),
        *report.notes,
        *(f"{finding.level}: {finding.reason}" for finding in report.findings),
    ]
    return "\n".join([*lines, verdict(report)])


def verdict(report: Report) -> str:
    """Return in one line whether a run passed, of how many cases, and who answered."""
    failed = failures(report.findings)
    said = "Passed" if not failed else "Not passed: " + "; ".join(finding.reason for finding in failed)
    return f"{said}. {counted(report.groups[WHOLE].cases, 'case')}, answered by {report.model}"


def _groups(report: Report) -> list[str]:
    head = f"{'group':<14} {'cases':>5}  recall@5  answer  cit.prec  cit.rec  abstained"
    found = [
        f"{name:<14} {cases:>5}  {recall:>8}  {answer:>6}  {precision:>8}  {cited:>7}  {abstained:>9}"
        for name, cases, recall, answer, precision, cited, abstained in group_rows(report)
    ]
    return [head, *found]


def updated(old: Baseline | None, report: Report) -> str:
    """Return what changed between a baseline and the run that takes its place: figures, cases, answers."""
    if old is None:
        return f"The baseline is new: {counted(report.groups[WHOLE].cases, 'case')}, answered by {report.model}"
    lines = [f"The baseline was of {old.model}, and is of {report.model}"] if old.model != report.model else []
    comparison = report.comparison
    for name, change in (comparison.differences if comparison else {}).items():
        if change.value:
            lines.append(f"{name:<24} {change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})")
    new = {score.id: score for score in reversed(report.scores)}
    for title, names in (("new", new.keys() - old.cases.keys()), ("gone", old.cases.keys() - new.keys())):
        lines += [f"{title:<6}{name}" for name in sorted(names)]
    lines += _turned(new, {name: kept.scores[0] for name, kept in old.cases.items()})
    return "\n".join(lines or ["Nothing changed"])


def _turned(new: Mapping[str, Score], old: Mapping[str, Score]) -> list[str]:
    """Return a line for each case that is right now and was not, or the other way about."""
    lines = []
    for name in sorted(new.keys() & old.keys()):
        before, after = problems(old[name]), problems(new[name])
        if bool(before) != bool(after):
            lines.append(f"{'worse' if after else 'better':<7}{name}: {'; '.join(after or before)}")
    return lines
