"""The report of a run: its answers, figures by group, how they differ from the baseline, and what the gate found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from evals.asking.outcomes import Outcome
from evals.gating.baseline import Baseline, Comparison, compared
from evals.gating.gate import Finding, failures, findings
from evals.gating.thresholds import WHOLE, Thresholds
from evals.known.cases import Kind
from evals.scoring.figures import Figure, figures
from evals.scoring.metrics import DEPTHS, METRICS
from evals.scoring.scores import Score
from index.models import Record

OPEN, HELD_OUT = "open", "held_out"
"""The groups of the cases that may be tuned on, and of those that may not."""


class Group(Record):
    """The figures of a group of cases, and how they differ from those of the baseline."""

    cases: int
    figures: dict[str, Figure]
    comparison: Comparison | None = None


class Report(Record):
    """A run and its figures; the same outcomes, thresholds and baseline make the same report."""

    model: str
    thresholds: Thresholds
    outcomes: tuple[Outcome, ...]
    scores: tuple[Score, ...]
    groups: dict[str, Group] = Field(description="`all` first, then each group, then the open and the held-out cases")
    findings: tuple[Finding, ...]
    baseline: Baseline | None = None
    notes: tuple[str, ...] = Field(default=(), description="what a reader of the figures should know")
    repeats: dict[str, tuple[float | None, ...]] = Field(
        default_factory=dict, description="by metric, the figure of each repeat of all cases; none without repeats"
    )
    relevant: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by case, the ids of the passages that overlap its evidence"
    )

    @property
    def passed(self) -> bool:
        """Whether nothing that the gate found fails the run."""
        return not failures(self.findings)

    @property
    def figures(self) -> dict[str, Figure]:
        """The figures of all cases."""
        return self.groups[WHOLE].figures

    @property
    def comparison(self) -> Comparison | None:
        """How the figures of all cases differ from those of the baseline."""
        return self.groups[WHOLE].comparison


def make_report(
    model: str,
    outcomes: Sequence[Outcome],
    scores: Sequence[Score],
    thresholds: Thresholds,
    baseline: Baseline | None = None,
    notes: Sequence[str] = (),
    relevant: Mapping[str, tuple[str, ...]] | None = None,
) -> Report:
    """Return the report of a run by the model or writer `model`; `scores` are those of `outcomes`, in order."""
    new, old = baseline.paired(outcomes, scores) if baseline else ([], [])
    earlier = by_group(old)
    later = by_group(new)
    groups = {
        name: Group(
            cases=len({score.id for score in of_group}),
            figures=figures(METRICS, of_group),
            comparison=compared(later[name], earlier[name]) if name in earlier and name in later else None,
        )
        for name, of_group in by_group(scores).items()
    }
    comparisons = {name: group.comparison for name, group in groups.items() if group.comparison}
    found = findings(scores, thresholds, {name: group.figures for name, group in groups.items()}, comparisons)
    return Report(
        model=model,
        thresholds=thresholds,
        outcomes=tuple(outcomes),
        scores=tuple(scores),
        groups=groups,
        findings=found,
        baseline=baseline,
        notes=tuple(notes),
        repeats=_repeats(outcomes, scores),
        relevant=dict(relevant or {}),
    )


def _repeats(outcomes: Sequence[Outcome], scores: Sequence[Score]) -> dict[str, tuple[float | None, ...]]:
    numbers = sorted({outcome.repeat for outcome in outcomes})
    if len(numbers) < 2:
        return {}
    pairs = list(zip(outcomes, scores, strict=True))
    runs = [[score for outcome, score in pairs if outcome.repeat == number] for number in numbers]
    each = [figures(METRICS, of_run, interval=False) for of_run in runs]
    return {name: tuple(found[name].value for found in each) for name in METRICS}


def by_group(scores: Iterable[Score]) -> dict[str, list[Score]]:
    """Return scores by group: all of them, then those of each group, then the open and the held-out ones if any are."""
    every = list(scores)
    if not every:
        return {WHOLE: []}
    order = {str(kind): at for at, kind in enumerate(Kind)}
    names = sorted({score.group for score in every}, key=lambda name: (order.get(name, len(order)), name))
    grouped = {WHOLE: every} | {name: [score for score in every if score.group == name] for name in names}
    if any(score.held_out for score in every):
        grouped[OPEN] = [score for score in every if not score.held_out]
        grouped[HELD_OUT] = [score for score in every if score.held_out]
    return {name: of_group for name, of_group in grouped.items() if of_group}


def problems(score: Score) -> tuple[str, ...]:
    """Return in plain words what one case costs the figures; none when all is as it should be."""
    if score.error:
        return (score.error,)
    inexact = score.quotes - score.quotes_exact
    misquoted = [f"{inexact} of {score.quotes} citations are not the text of their file"] if inexact else []
    misquoted += [f"says {said!r}, which it must not" for said in score.forbidden_said]
    if score.declined:
        articles = "the articles say" if score.answerable else "the articles do not say, and without saying so"
        return (f"declined, though {articles}", *_of_the_search(score))
    if not score.answerable:
        return tuple(misquoted) if score.abstained else ("answered, though the articles do not say", *misquoted)
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
    """Return the report as JSON: the figures, those of each group, and every case with its answer and score."""
    whole = {
        "passed": report.passed,
        "model": report.model,
        "cases": report.groups[WHOLE].cases,
        "findings": [finding.model_dump(mode="json") for finding in report.findings],
        "notes": list(report.notes),
        "repeats": report.repeats,
        "thresholds": report.thresholds.model_dump(),
        "groups": {name: group.model_dump(mode="json") for name, group in report.groups.items()},
        "outcomes": [_case(report, *pair) for pair in zip(report.outcomes, report.scores, strict=True)],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _case(report: Report, outcome: Outcome, score: Score) -> dict[str, Any]:
    answer = outcome.answer
    told = None
    if answer:
        told = answer.model_dump(mode="json", include={"status", "text", "missing", "statements"})
        told["citations"] = [
            one.model_dump(include={"marker", "path", "start", "end", "quote"}) for one in answer.citations
        ]
        told["hits"] = [
            {"passage": hit.passage.id, "text": hit.passage.text}
            | hit.passage.model_dump(include={"path", "start", "end"})
            | hit.model_dump(include={"score", "similarity", "lexical"})
            for hit in answer.hits
        ]
    return {
        "case": outcome.case.model_dump(mode="json", exclude_defaults=True),
        "repeat": outcome.repeat,
        "usage": outcome.usage.model_dump(mode="json"),
        "relevant": list(report.relevant.get(outcome.case.id, ())),
        "answer": told,
        "problems": list(problems(score)),
        "score": score.model_dump(mode="json", exclude_defaults=True),
    }
