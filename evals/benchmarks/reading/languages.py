"""What is answered in which language: questions in the language of their articles, and in English.

Reads `languages.jsonl` (`language`, `articles`, `questions[{article, question, english, answer}]`, `absent`), which
ships in `evals/`: `newsdesk benchmark languages --data evals`. It was written for this project: three short articles a
language, twelve questions, each with the words of the article that answer it, and three that no article answers. All
articles are in one index; an answer is right when it quotes those words.
"""

from pathlib import Path

from pydantic import Field

from evals.benchmarks import Figures
from evals.benchmarks.answering.answerability import abstained
from evals.benchmarks.corpus import Corpus, Row, indexed, rows_of, written
from evals.benchmarks.ranking import share
from index.text.language import NAMES
from qa.models import Answer

FILE = "languages.jsonl"


class Question(Row):
    """A question in two languages; `answer` stands in the article of that number."""

    article: int
    question: str
    english: str
    answer: str


class Language(Row):
    """The articles and questions of one language."""

    language: str
    articles: tuple[str, ...] = Field(min_length=1)
    questions: tuple[Question, ...] = Field(min_length=1)
    absent: tuple[str, ...] = ()


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return for each language the shares found, quoted, named and abstained on, then their means."""
    languages = rows_of(data / FILE, Language)
    names = {text: f"{one.language}{at}.txt" for one in languages for at, text in enumerate(one.articles)}
    figures: Figures = {"questions": sum(len(one.questions) for one in languages)}
    means: dict[str, list[float]] = {}
    with written(names) as articles, indexed(articles, data_dir) as corpus:
        for one in languages:
            for title, figure in _of_language(one, corpus).items():
                figures[f"{one.language}: {title}"] = figure
                means.setdefault(title, []).append(figure)
    return figures | {f"mean: {title}": sum(found) / len(found) for title, found in means.items()}


def _of_language(one: Language, corpus: Corpus) -> dict[str, float]:
    figures = {}
    for said, asked in (("own", "question"), ("English", "english")):
        answers = [(question, corpus.answer(getattr(question, asked))) for question in one.questions]
        figures[f"{said}, article found"] = share(
            any(hit.passage.path == f"{one.language}{question.article}.txt" for hit in answer.hits)
            for question, answer in answers
        )
        figures[f"{said}, answer quoted"] = share(_quoted(question.answer, answer) for question, answer in answers)
        figures[f"{said}, else language named"] = share(
            NAMES[one.language] in _told(answer) for question, answer in answers if not _quoted(question.answer, answer)
        )
    figures["absent, abstained on"] = share(abstained(corpus.answer(question)) for question in one.absent)
    return figures


def _quoted(words: str, answer: Answer) -> bool:
    return any(words in citation.quote for citation in answer.citations)


def _told(answer: Answer) -> str:
    return " ".join((answer.text, *answer.notes))
