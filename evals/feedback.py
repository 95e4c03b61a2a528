"""What readers said of answers as candidate cases: drafts, which a person reads, corrects and accepts."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from evals.known.cases import Case, Fact, Kind, Place
from evals.known.drafting import asked_for
from evals.scoring.wording import says
from qa.answer_store.records import Feedback
from qa.collection.listing import CATALOG
from qa.language.terms import fold
from qa.models import Answer, Statement
from qa.question.scopes import scope_words


def candidates(given: Sequence[Feedback]) -> list[Case]:
    """Return a draft for each question that readers said something about, in the order of the questions.

    Its evidence is what the answer cites, of an answer that was called good if there is one, else of the newest; an
    answer that cites nothing makes a question without an answer. `note` has all that was said, and the answer: a draft
    may be wrong in just what the reader found wrong.
    """
    by_question = sorted(given, key=lambda one: (_asked(one), one.given_at))
    return [_draft(list(said)) for _, said in groupby(by_question, key=_asked)]


def _asked(said: Feedback) -> tuple[str, ...]:
    return tuple(fold(" ".join(question.split())) for question in (said.answer.question, *said.earlier))


def _draft(said: Sequence[Feedback]) -> Case:
    """Return the draft of one question, of which all this was said, the newest last."""
    best = max(said, key=lambda one: (one.kind == "good", one.given_at))
    answer = best.answer
    kind, required = _required(answer)
    if answer.model == CATALOG and answer.citations:
        kind = Kind.COLLECTION
    if best.earlier and answer.citations:
        kind = Kind.FOLLOW_UP
    return Case(
        id=f"feedback-{answer.id[:12]}",
        kind=kind,
        earlier=best.earlier,
        question=answer.question,
        evidence=tuple(fact for _, fact in _facts(answer)),
        required=((required,),) if required else (),
        note=" ".join([*map(_told, said), f"The answer was: {answer.text}", answer.missing or ""]).strip(),
        draft=True,
    )


def _told(said: Feedback) -> str:
    words = f", “{said.text}”" if said.text else ""
    scope = "".join(f", {part}" for part in scope_words(said.answer.scope))
    return (
        f"{said.kind} ({said.given_at:%Y-%m-%d}, {said.answer.model}, snapshot {said.answer.snapshot}{scope}){words}."
    )


def _facts(answer: Answer) -> Iterator[tuple[Statement, Fact]]:
    """Yield each statement that cites something with its sources, of which each is enough."""
    by_marker = {citation.marker: citation for citation in answer.citations}
    for statement in answer.statements:
        cited = [by_marker[marker] for marker in statement.markers]
        if cited:
            yield statement, tuple(Place(path=citation.path, quote=citation.quote) for citation in cited)


def _required(answer: Answer) -> tuple[Kind, str]:
    """Return what an answer must say, and the kind that this makes of the question: the first figure, day or name.

    It stands in a quote and in the statement that cites it, and not in the question; without one it is the whole quote.
    """
    facts = list(_facts(answer))
    if not facts:
        return Kind.NEAR_MISS, ""
    for statement, fact in facts:
        for place in fact:
            kind, wanted = asked_for(place.quote) or (Kind.FACT, "")
            if wanted and says(statement.text, wanted) and not says(answer.question, wanted):
                return kind, wanted
    return Kind.FACT, facts[0][1][0].quote
