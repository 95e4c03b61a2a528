"""Say what a run came to: JSON for programs, Markdown for people, a few lines for the shell."""

import json
from collections.abc import Sequence
from typing import Any

from evals.cases import Kind
from evals.gate import Miss, Thresholds, in_seconds, misses, shown
from evals.metrics import APART, DEPTHS, LATENCIES, SHARES, Figure, figures
from evals.runner import Outcome
from evals.scoring import Score
from index.models import Record

_COLUMNS = (f"evidence_recall_at_{DEPTHS[-1]}", "answer_recall", "citation_precision", "citation_recall")


class Report(Record):
    """A run and its figures; the same outcomes and thresholds make the same report."""

    model: str
    thresholds: Thresholds
    outcomes: tuple[Outcome, ...]
    scores: tuple[Score, ...]
    figures: dict[str, Figure]
    misses: tuple[Miss, ...]

    @property
    def passed(self) -> bool:
        """Whether every threshold was reached, by cases that were all asked."""
        return not self.misses


def make_report(model: str, outcomes: Sequence[Outcome], scores: Sequence[Score], thresholds: Thresholds) -> Report:
    """Return the report of a run by the model or writer `model`; `scores` are those of `outcomes`, in order."""
    found = figures(scores)
    return Report(
        model=model,
        thresholds=thresholds,
        outcomes=tuple(outcomes),
        scores=tuple(scores),
        figures=found,
        misses=misses(found, scores, thresholds),
    )


def problems(score: Score) -> tuple[str, ...]:
    """Return in plain words what one case costs the figures; none when all is as it should be."""
    if score.error:
        return (score.error,)
    inexact = score.quotes - score.quotes_exact
    misquoted = (f"{inexact} of {score.quotes} citations are not the text of their file",) if inexact else ()
    if score.declined:
        articles = "the articles say" if score.answerable else "the articles do not say, and without saying so"
        return (f"declined, though {articles}", *_of_the_search(score))
    if not score.answerable:
        return misquoted if score.abstained else ("answered, though the articles do not say", *misquoted)
    if score.abstained:
        how = "quoted only what comes nearest" if score.nearest else "abstained"
        return (f"{how}, though the articles say", *misquoted, *_of_the_search(score))
    found = [f"does not say {group}" for group in score.lacking]
    if uncited := score.facts - score.facts_cited:
        found.append(f"{uncited} of {score.facts} facts not cited")
    if beside := score.citations - score.citations_on_evidence:
        found.append(f"{beside} of {score.citations} citations beside the evidence")
    return (*found, *misquoted, *_of_the_search(score))


def _of_the_search(score: Score) -> tuple[str, ...]:
    unfound = score.facts - score.facts_within(DEPTHS[-1])
    return (f"{unfound} of {score.facts} facts not in the first {DEPTHS[-1]} hits",) if unfound else ()


def to_json(report: Report) -> str:
    """Return the report as JSON: the figures, the figures by kind, and every case with its answer and score."""
    whole = {
        "passed": report.passed,
        "model": report.model,
        "cases": len(report.scores),
        "misses": [miss.model_dump() for miss in report.misses],
        "thresholds": report.thresholds.model_dump(),
        "figures": {name: figure.model_dump() for name, figure in report.figures.items()},
        "kinds": {kind: _of_kind(scores) for kind, scores in _by_kind(report.scores)},
        "outcomes": [_case(*pair) for pair in zip(report.outcomes, report.scores, strict=True)],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _by_kind(scores: Sequence[Score]) -> list[tuple[Kind, list[Score]]]:
    grouped = [(kind, [one for one in scores if one.kind is kind]) for kind in Kind]
    return [(kind, of_kind) for kind, of_kind in grouped if of_kind]


def _of_kind(scores: Sequence[Score]) -> dict[str, Any]:
    found = {name: figure.model_dump() for name, figure in figures(scores).items()}
    return {"cases": len(scores), "abstained": sum(one.abstained for one in scores), "figures": found}


def _case(outcome: Outcome, score: Score) -> dict[str, Any]:
    answer = outcome.answer
    told = None
    if answer:
        told = answer.model_dump(mode="json", include={"status", "text", "missing", "statements"})
        told["citations"] = [
            one.model_dump(include={"marker", "path", "start", "end", "quote"}) for one in answer.citations
        ]
    return {
        "case": outcome.case.model_dump(mode="json"),
        "answer": told,
        "problems": list(problems(score)),
        "score": score.model_dump(mode="json", exclude={"id", "kind"}),
    }


def to_markdown(report: Report) -> str:
    """Return the report as Markdown: figures beside thresholds, figures by kind, and the cases that fell short."""
    rows = [f"| {name} | {figure} | {bound} | {of} | {verdict} |" for name, figure, bound, of, verdict in _rows(report)]
    apart = [f"| {name} | {figure} | {of} |" for name, figure, of in _rows_apart(report)]
    kinds = [f"| {' | '.join(row)} |" for row in _kind_rows(report.scores)]
    short = [part for pair in zip(report.outcomes, report.scores, strict=True) for part in _story(*pair)]
    lines = [
        f"# Eval of {report.model}: {'passed' if report.passed else 'not passed'}",
        "",
        *([f"- {_text(miss.reason)}" for miss in report.misses] + [""] if report.misses else []),
        "| metric | figure | threshold | over | |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "| how it answers | figure | over |",
        "|---|---|---|",
        *apart,
        "",
        "## By kind",
        "",
        f"| kind | cases | {' | '.join(_COLUMNS)} | abstained |",
        "|---" * (len(_COLUMNS) + 3) + "|",
        *kinds,
        "",
        "## Cases that fell short",
        "",
        *(short or ["None."]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _rows(report: Report) -> list[tuple[str, str, str, str, str]]:
    missed = {miss.name for miss in report.misses}
    bounds = {name: f"≥ {value:g}" for name, value in report.thresholds.thresholds.items()}
    bounds |= {name: f"≤ {value:g} s" for name, value in report.thresholds.latencies.items()}
    rows = []
    for name, figure in report.figures.items():
        if name in APART:
            continue
        value = in_seconds(figure.value) if name in LATENCIES else shown(figure.value)
        verdict = ("missed" if name in missed else "reached") if name in bounds else ""
        rows.append((name, value, bounds.get(name, ""), str(figure.of), verdict))
    return rows


def _rows_apart(report: Report) -> list[tuple[str, str, str]]:
    """Return the figures that no threshold is for."""
    found = {name: figure for name, figure in report.figures.items() if name in APART}
    return [(name, shown(figure.value), str(figure.of)) for name, figure in found.items()]


def _kind_rows(scores: Sequence[Score]) -> list[tuple[str, ...]]:
    return [
        (kind, str(len(of_kind)), *(shown(SHARES[name](of_kind).value) for name in _COLUMNS), _abstained(of_kind))
        for kind, of_kind in _by_kind(scores)
    ]


def _abstained(scores: Sequence[Score]) -> str:
    return str(sum(one.abstained for one in scores))


def _story(outcome: Outcome, score: Score) -> list[str]:
    """Return one case that fell short: what was asked, what was said, what was expected."""
    found = problems(score)
    if not found:
        return []
    case = outcome.case
    expected = [" or ".join(map(repr, group)) for group in case.required] or ["an abstention"]
    lines = [f"### {_text(case.id)}", "", *(f"- {_text(one)}" for one in found)]
    lines += [f"- asked before: {_text(question)}" for question in case.earlier]
    lines += [f"- question: {_text(case.question)}", f"- expected: {_text('; '.join(expected))}"]
    lines += [
        f"- evidence: {_text(' or '.join(f'{one.path} {one.quote!r}' for one in fact))}" for fact in case.evidence
    ]
    return [*lines, f"- answer: {_text(outcome.answer.text if outcome.answer else 'none')}", ""]


def _text(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#|" else char for char in " ".join(text.split()))


def to_text(report: Report) -> str:
    """Return the report for the shell: figures beside thresholds, those apart, a line for each case that fell short."""
    lines = [
        f"{name:<22} {value:>8}  {bound:<9} {verdict:<8} of {of}" for name, value, bound, of, verdict in _rows(report)
    ]
    lines += ["", *(f"{name:<23} {value:>7}  of {of}" for name, value, of in _rows_apart(report)), ""]
    for one in report.scores:
        if found := problems(one):
            lines.append(f"{one.id}: {'; '.join(found)}")
    verdict = "Passed" if report.passed else "Not passed: " + "; ".join(miss.reason for miss in report.misses)
    return "\n".join([*lines, f"{verdict}. {len(report.scores)} cases, answered by {report.model}"])
