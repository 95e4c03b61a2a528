"""The report as one HTML page that asks nothing of the network: figures, bars by group, cases to be filtered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any

from evals.asking.outcomes import Outcome
from evals.gating.thresholds import WHOLE
from evals.known.cases import Place
from evals.reports.plots import bars
from evals.reports.report import HELD_OUT, OPEN, Report, problems
from evals.reports.tables import rows, told_apart
from evals.scoring.scores import Score
from index.models import Article

_PLOTS = ("answer_recall", "evidence_recall_at_5", "citation_precision", "abstention_recall")
_TEMPLATE = Path(__file__).with_name("page.html")
_ELLIPSIS = "\n…\n"


def to_page(report: Report, articles: Mapping[str, Article]) -> str:
    """Return the page; `articles` are those indexed, by path, to mark in them what is cited and what is evidence.

    Held-out cases are counted and not shown.
    """
    from jinja2 import Environment
    from markupsafe import Markup

    template = Environment(autoescape=True, trim_blocks=False).from_string(_TEMPLATE.read_text(encoding="utf-8"))
    plots = []
    for name in _PLOTS:
        figures = {group: found.figures[name] for group, found in report.groups.items() if found.figures[name].n}
        if figures:
            plots.append((name, Markup(bars(name, figures))))
    pairs = zip(report.outcomes, report.scores, strict=True)
    return template.render(
        report=report,
        rows=rows(report),
        plots=plots,
        groups=[name for name in report.groups if name not in (WHOLE, OPEN, HELD_OUT)],
        cases=[_case(report, outcome, score, articles) for outcome, score in pairs if not score.held_out],
        held_out=told_apart(report)[1],
    )


def _case(report: Report, outcome: Outcome, score: Score, articles: Mapping[str, Article]) -> dict[str, Any]:
    case, answer = outcome.case, outcome.answer
    found = problems(score)
    before = report.baseline.cases.get(case.id) if report.baseline else None
    text = answer.text if answer else ""
    return {
        "id": case.id,
        "group": score.group,
        "question": case.question,
        "earlier": case.earlier,
        "status": score.status or "error",
        "state": "short" if found else "right",
        "problems": found,
        "expected": "; ".join(" or ".join(group) for group in case.required) or "an abstention",
        "text": text,
        "turned": bool(before and before.text != text),
        "diff": _diff(before.text, text) if before and before.text != text else None,
        "articles": _marked(outcome, articles),
        "hits": answer.hits if answer else (),
        "relevant": report.relevant.get(case.id, ()),
    }


def _diff(old: str, new: str) -> Any:
    """Return two texts as one, word by word: what is gone is struck out, what is new stands out."""
    from markupsafe import Markup, escape

    before, after = old.split(), new.split()
    parts = []
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(escape(" ".join(before[first:last])))
            continue
        parts += [Markup("<del>{}</del>").format(" ".join(before[first:last]))] if last > first else []
        parts += [Markup("<ins>{}</ins>").format(" ".join(after[start:end]))] if end > start else []
    return Markup(" ").join(parts)


def _marked(outcome: Outcome, articles: Mapping[str, Article]) -> list[tuple[str, Any]]:
    """Return the lines of each article with something cited or any evidence, what is cited and the evidence marked."""
    cited = [(one.path, one.start, one.end, "mark") for one in (outcome.answer.citations if outcome.answer else ())]
    places: Iterable[Place] = (place for fact in outcome.case.evidence for place in fact)
    spans = cited + [(place.path, place.start, place.end, "u") for place in places]
    found = []
    for path in dict.fromkeys(path for path, *_ in spans):
        if article := articles.get(path):
            of_path = [(start, end, tag) for other, start, end, tag in spans if other == path]
            found.append((path, _excerpt(article.text, of_path)))
    return found


def _excerpt(text: str, spans: Sequence[tuple[int, int, str]]) -> Any:
    from markupsafe import Markup

    lines = list(_lines_with(text, spans))
    return Markup(_ELLIPSIS).join(_tagged(text, start, end, spans) for start, end in lines)


def _lines_with(text: str, spans: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
    at = 0
    for line in text.splitlines(keepends=True):
        end = at + len(line)
        if any(first < end and at < last for first, last, _ in spans):
            yield at, at + len(line.rstrip())
        at = end


def _tagged(text: str, start: int, end: int, spans: Sequence[tuple[int, int, str]]) -> Any:
    """Return one line with its tags; where two spans overlap, the pieces have both."""
    from markupsafe import Markup, escape

    inside = [(max(start, first), min(end, last), tag) for first, last, tag in spans if first < end and start < last]
    cuts = sorted({start, end, *(bound for first, last, _ in inside for bound in (first, last))})
    pieces = Markup("")
    for first, last in pairwise(cuts):
        piece = escape(text[first:last])
        for tag in sorted({tag for begins, ends, tag in inside if begins <= first and last <= ends}):
            piece = Markup("<{0}>{1}</{0}>").format(Markup(tag), piece)
        pieces += piece
    return pieces
