"""A service that answers from a script: to test the suite itself, which must be able to fail."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from evals.gating.baseline import Baseline
from evals.gating.thresholds import Thresholds
from evals.known.cases import Case, Place
from evals.reports.report import Report, make_report
from evals.scoring.scores import score
from evals.suite import asked
from index.models import Article, Passage, Span
from qa.answer_draft import NEAREST
from qa.models import Answer, Citation, Hit, Problem, ProblemCode, Statement, Status, Support, Turn

MODEL = "scripted"


class ScriptedService:
    """Gives the answer that the script has for a question, raises the exception that it has, else abstains."""

    def __init__(self, script: Mapping[str, Answer | Exception]) -> None:
        """Answer by `script`, question -> answer or exception."""
        self.script = dict(script)
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    async def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Return the scripted answer, and note down what was asked after which turns."""
        self.asked.append((question, tuple(history)))
        answer = self.script.get(question, abstention(question))
        if isinstance(answer, Exception):
            raise answer
        return answer


def measure(
    service: ScriptedService,
    cases: Sequence[Case],
    articles: Iterable[Article],
    thresholds: Thresholds,
    baseline: Baseline | None = None,
) -> Report:
    """Ask a scripted service the cases, and return the report."""
    outcomes = asyncio.run(asked(service, cases))
    by_path = {article.path: article for article in articles}
    return make_report(MODEL, outcomes, [score(one, by_path) for one in outcomes], thresholds, baseline)


def right_script(cases: Iterable[Case]) -> dict[str, Answer | Exception]:
    """Return the script that gets every case right."""
    return {case.question: right_answer(case) for case in cases}


def right_answer(case: Case) -> Answer:
    """Return the answer that says all that a case requires and cites the first place of every fact, else abstains."""
    if not case.answerable:
        return abstention(case.question)
    said = [fact[0].quote for fact in case.evidence]
    said[0] = "; ".join([*(group[0] for group in case.required), said[0]])
    return cited_answer(case.question, [(text, fact[0]) for text, fact in zip(said, case.evidence, strict=True)])


def place_in(article: Article, quote: str) -> Place:
    """Return the place of a quote in an article."""
    return Place(path=article.path, quote=quote, start=article.text.index(quote))


def nearest_answer(question: str, *places: Place) -> Answer:
    """Return an answer that quotes places as what comes nearest."""
    return cited_answer(question, [(place.quote, place) for place in places], status=Status.NEAREST)


def cited_answer(
    question: str,
    said: Sequence[tuple[str, Place]],
    support: Support = Support.SUPPORTED,
    status: Status = Status.ANSWERED,
) -> Answer:
    """Return an answer of one statement for each text, citing its place, which is also a hit of its own."""
    text = f"{NEAREST}\n\n" if status is Status.NEAREST else ""
    statements: list[Statement] = []
    for marker, (words, _) in enumerate(said, start=1):
        text += " " if statements else ""
        start = len(text)
        text += f"{words} [{marker}]"
        statements.append(Statement(text=text[start:], start=start, end=len(text), markers=(marker,), support=support))
    return Answer(
        id="0",
        question=question,
        status=status,
        text=text,
        statements=tuple(statements),
        citations=tuple(_citation(marker, place) for marker, (_, place) in enumerate(said, start=1)),
        hits=tuple(hit(place) for _, place in said),
        model=MODEL,
        snapshot="000001",
        timings={"first_statement": 0.25, "total": 0.5},
    )


def declined_answer(question: str, *said: str) -> Answer:
    """Return what a model says that cites nothing."""
    text = " ".join(said)
    problem = Problem(code=ProblemCode.NOT_CITED, text="It cites no sentence of the articles.")
    statements = [
        Statement(
            text=one,
            start=text.index(one),
            end=text.index(one) + len(one),
            support=Support.UNSUPPORTED,
            problems=(problem,),
        )
        for one in said
    ]
    return Answer(
        id="0",
        question=question,
        status=Status.DECLINED,
        text=text,
        statements=tuple(statements),
        model=MODEL,
        snapshot="000001",
        timings={"total": 0.25},
    )


def abstention(question: str) -> Answer:
    """Return an abstention without hits."""
    return Answer(
        id="0",
        question=question,
        status=Status.NOT_IN_ARTICLES,
        text="The articles do not say.",
        missing="Nothing in the articles answers this",
        model=MODEL,
        snapshot="000001",
        timings={"total": 0.125},
    )


def hit(place: Place) -> Hit:
    """Return a hit that is exactly a place."""
    passage = Passage(
        id=sha256(repr(place).encode()).hexdigest()[:16],
        path=place.path,
        start=place.start,
        end=place.end,
        text=place.quote,
        sentences=(Span(place.start, place.end),),
    )
    return Hit(passage=passage, score=1.0, similarity=1.0)


def _citation(marker: int, place: Place) -> Citation:
    passage = hit(place).passage
    return Citation(
        marker=marker, path=place.path, start=place.start, end=place.end, quote=place.quote, passage_id=passage.id
    )
