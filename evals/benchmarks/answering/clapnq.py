"""Is the passage of a question found, and does the service tell whether it answers? CLAPnq (arXiv 2404.02103).

Reads `questions.jsonl` (`question`, `answerable`, `passages[{title, text}]`, `gold[{sentences}]`). The passages of all
questions are indexed together, each as an article, title and text: the search is for the question's own among them,
and an unanswerable question is one that its own does not answer (that another might is not looked into). A gold
passage is a piece of it with a whole gold sentence. Every question is answered too, by the service as it is set.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.benchmarks import Figures
from evals.benchmarks.answering.answerability import answerability
from evals.benchmarks.corpus import Corpus, Place, Row, indexed, named, one_passage, questions_of, written
from evals.benchmarks.ranking import share
from evals.errors import EvalError
from qa.models import Answer


class Text(Row):
    """A passage of Wikipedia."""

    title: str
    text: str

    @property
    def article(self) -> str:
        """The passage as an article: its title, a blank line, its text."""
        return f"{self.title}\n\n{self.text.strip()}\n"


class Gold(Row):
    """An answer's sentences, as they stand in the passage."""

    sentences: tuple[str, ...] = ()


class Question(Row):
    """A question of CLAPnq."""

    question: str
    answerable: bool
    passages: tuple[Text, ...]
    gold: tuple[Gold, ...] = ()


Asked = Sequence[tuple[Question, Sequence[Place]]]
"""Questions with the places of their gold sentences."""


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return the figures of the search, fused and by each leg, and those of the answers."""
    questions = questions_of(data, Question)
    names = named(passage.article for one in questions for passage in one.passages)
    asked = [(one, places_of(one, names)) for one in questions]
    there = [(one.question, places) for one, places in asked if one.answerable]
    if not names:
        raise EvalError(f"No question in {str(data)!r} has a passage. Give the folder of the benchmark: --data DIR")
    with written(names) as articles, indexed(articles, data_dir) as corpus:
        counts: Figures = {"questions": len(asked), "passages": len(names), "answerable": len(there)}
        return counts | one_passage(corpus, there) | _answers(corpus, asked)


def places_of(question: Question, names: Mapping[str, str]) -> list[Place]:
    """Return where the gold sentences of a question stand."""
    sentences = {sentence for gold in question.gold for sentence in gold.sentences}
    texts = [passage.article for passage in question.passages]
    return [
        Place(names[text], start, start + len(sentence))
        for text in texts
        for sentence in sorted(sentences)
        if (start := text.find(sentence)) >= 0
    ]


def _answers(corpus: Corpus, asked: Asked) -> Figures:
    answers = [(one, places, corpus.answer(one.question)) for one, places in asked]
    there = [(places, answer) for one, places, answer in answers if one.answerable]
    absent = [answer for one, _, answer in answers if not one.answerable]
    cited = share(_cited(places, answer) for places, answer in there)
    return {"a gold sentence cited": cited} | answerability([answer for _, answer in there], absent)


def _cited(places: Sequence[Place], answer: Answer) -> bool:
    return any(place.overlaps(one.path, one.start, one.end) for one in answer.citations for place in places)
