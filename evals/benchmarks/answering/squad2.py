"""Is the passage with the answer found among whole articles, and does the service tell when there is none? SQuAD 2.0.

Reads `articles/*.txt` and `questions.jsonl` (`article`, `question`, `answerable`, `answers[{start, end}]`, offsets into
the article, and `label_source`; Rajpurkar et al. 2018, arXiv 1806.03822). The gold passage holds one of the answers, by
its offsets, whole; a passage of another article that says the same is not gold. Every question is answered too, by the
service as it is set. Labels of the source `official` were given by people; others may be inferred.
"""

from collections.abc import Sequence
from pathlib import Path

from evals.benchmarks import Figures
from evals.benchmarks.answering.answerability import abstained, answerability, cited_sentences
from evals.benchmarks.corpus import Corpus, Place, Row, articles_of, indexed, one_passage, questions_of
from evals.benchmarks.ranking import share
from qa.models import Answer

_OFFICIAL = "official"


class Span(Row):
    """Where an answer stands in its article."""

    start: int
    end: int


class Question(Row):
    """A question of SQuAD 2.0."""

    article: str
    question: str
    answerable: bool
    answers: tuple[Span, ...] = ()
    label_source: str = _OFFICIAL

    @property
    def places(self) -> list[Place]:
        """The answers, each enough."""
        return [Place(self.article, answer.start, answer.end) for answer in self.answers]


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return the figures of the search, fused and by each leg, and those of the answers."""
    asked = questions_of(data, Question)
    there = [(one.question, one.places) for one in asked if one.answerable]
    with indexed(articles_of(data), data_dir) as corpus:
        counts: Figures = {"questions": len(asked), "answerable": len(there)}
        return counts | one_passage(corpus, there) | _answers(corpus, asked)


def _answers(corpus: Corpus, asked: Sequence[Question]) -> Figures:
    answers = [(one, corpus.answer(one.question)) for one in asked]
    there = [(one, answer) for one, answer in answers if one.answerable]
    absent = [(one, answer) for one, answer in answers if not one.answerable]
    said = [answer for _, answer in answers if not abstained(answer)]
    return {
        "answer in a cited quote": share(_cited(one, answer) for one, answer in there),
        "cited sentences an answer": sum(map(cited_sentences, said)) / len(said) if said else 0.0,
        **answerability([answer for _, answer in there], [answer for _, answer in absent]),
        "officially unanswerable abstained on": share(
            abstained(answer) for one, answer in absent if one.label_source == _OFFICIAL
        ),
    }


def _cited(question: Question, answer: Answer) -> bool:
    return any(place.inside(one.path, one.start, one.end) for one in answer.citations for place in question.places)
