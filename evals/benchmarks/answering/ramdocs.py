"""Are several right answers shown where the articles differ, and how often is a wrong one? RAMDocs (arXiv 2504.13079).

Reads `questions.jsonl` (`question`, `gold_answers`, `wrong_answers`, `documents[{text}]`). The documents of all
questions are indexed together, each as an article; the same text is one article. An answer is shown when it stands, as
whole words, in the text of the reply or in a quote that it cites. A wrong answer that is also a right one, or part of
one, is left out.
"""

from collections.abc import Sequence
from pathlib import Path

from evals.benchmarks import Figures
from evals.benchmarks.answering.answerability import abstained, cited_sentences
from evals.benchmarks.corpus import Row, indexed, named, questions_of, written
from evals.benchmarks.ranking import share
from evals.errors import EvalError
from evals.scoring.wording import says
from qa.models import Answer


class Document(Row):
    """One text for a question: right, wrong or beside the point."""

    text: str

    @property
    def article(self) -> str:
        """The text as an article."""
        return f"{self.text.strip()}\n"


class Question(Row):
    """A question of RAMDocs."""

    question: str
    gold_answers: tuple[str, ...]
    wrong_answers: tuple[str, ...] = ()
    documents: tuple[Document, ...]

    @property
    def wrong(self) -> list[str]:
        """The wrong answers that no right one holds."""
        return [one for one in self.wrong_answers if not any(says(gold, one) for gold in self.gold_answers)]


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return how often right and wrong answers are shown."""
    asked = questions_of(data, Question)
    names = named(document.article for one in asked for document in one.documents)
    if not names:
        raise EvalError(f"No question in {str(data)!r} has a document. Give the folder of the benchmark: --data DIR")
    with written(names) as articles, indexed(articles, data_dir) as corpus:
        answers = [(one, corpus.answer(one.question)) for one in asked]
    several = [(one, answer) for one, answer in answers if len(one.gold_answers) > 1]
    said = [answer for _, answer in answers if not abstained(answer)]
    return {
        "questions": len(asked),
        "with several right answers": len(several),
        "  two of them shown": share(len(shown(one.gold_answers, answer)) > 1 for one, answer in several),
        "  two of them in the hits": share(len(_found(one.gold_answers, answer)) > 1 for one, answer in several),
        "  said to differ": share(bool(answer.differs) for _, answer in several),
        "one right answer, said to differ": share(
            bool(answer.differs) for one, answer in answers if len(one.gold_answers) == 1
        ),
        "a right answer shown": share(bool(shown(one.gold_answers, answer)) for one, answer in answers),
        "with wrong answers": sum(bool(one.wrong) for one in asked),
        "  a wrong one shown": share(bool(shown(one.wrong, answer)) for one, answer in answers if one.wrong),
        "abstained on": share(abstained(answer) for _, answer in answers),
        "cited sentences an answer": sum(map(cited_sentences, said)) / len(said) if said else 0.0,
    }


def shown(wanted: Sequence[str], answer: Answer) -> list[str]:
    """Return which of some answers the reply shows, in its text or its quotes."""
    texts = [answer.text, *(citation.quote for citation in answer.citations)]
    return [one for one in wanted if one.strip() and any(says(text, one) for text in texts)]


def _found(wanted: Sequence[str], answer: Answer) -> list[str]:
    return [one for one in wanted if one.strip() and any(says(hit.passage.text, one) for hit in answer.hits)]
