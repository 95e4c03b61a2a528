"""Questions written by reading news: is the evidence ranked first, and does the service know what is not there?

DATA holds `newsquestions/questions.jsonl` (`article`, `question`, `answerable`, `evidence`, `split`) and the articles,
`multihop/articles/*.txt`. All questions of the split `dev` are asked of the index of all articles, by the reader that
ships and by the plain baseline. A sentence is evidence when it stands in the question's article and holds, or is part
of, a passage that was marked. "Unanswerable" is meant of the question's article; another may answer it.

The marks of the status were chosen on one half of the articles, by a digest of the name; figures of the status are of
the other half. Then the articles are dealt into folders of five of one half, and each question is asked of the index
of its article's folder: the fewer articles there are, the surer a reader may be of what it finds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evals.benchmarks import Figures
from evals.benchmarks.answering.answerability import cited_sentences
from evals.benchmarks.corpus import Corpus, Row, articles_of, indexed, questions_of, written
from evals.benchmarks.halves import digest_of, first_half
from evals.benchmarks.ranking import auroc, share
from qa.language.terms import fold, words
from qa.models import Answer, Status
from qa.reader.reading import RankedSentence, Reading

_SHORTEST = 25
"""A sentence that is part of a marked passage counts when it has so many characters."""
SIZE = 5
"""So many articles a small folder: as many as come with the project."""
_LOST = 0.1
_BINS = 10


class Question(Row):
    """A question about one article."""

    article: str
    question: str
    answerable: bool
    evidence: tuple[str, ...] = ()
    split: str = "dev"


class Asked(NamedTuple):
    """A question, what the reader made of it, and the answer."""

    question: Question
    reading: Reading
    answer: Answer


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return the figures of the reader that ships, and beside them those of the plain baseline."""
    questions = [one for one in questions_of(data / "newsquestions", Question) if one.split == "dev"]
    with indexed(articles_of(data / "multihop"), data_dir) as corpus:
        figures: Figures = {
            "answerable": sum(one.answerable for one in questions),
            "unanswerable": sum(not one.answerable for one in questions),
        }
        for name in corpus.readers:
            asked = list(asked_of(corpus, questions, name))
            figures |= {f"{name}: {title}": value for title, value in measured(asked).items()}
    few: dict[str, list[Asked]] = {}
    for corpus, of_folder in in_folders(data, questions):
        for name in corpus.readers:
            few.setdefault(name, []).extend(asked_of(corpus, of_folder, name))
    for name, asked in few.items():
        figures |= {f"{name}, five articles: {title}": value for title, value in measured(asked).items()}
    return figures


def in_folders(data: Path, questions: Sequence[Question]) -> Iterator[tuple[Corpus, list[Question]]]:
    """Yield indexes of a few articles, with the questions about these."""
    for names in _folders({one.article for one in questions}):
        texts = {(articles_of(data / "multihop") / name).read_text(encoding="utf-8"): name for name in names}
        with written(texts) as articles, indexed(articles, None) as corpus:
            yield corpus, [one for one in questions if one.article in names]


def _folders(articles: Iterable[str]) -> Iterator[list[str]]:
    """Deal articles into folders, each of one half, in the order of their digests."""
    for half in (True, False):
        dealt = sorted((one for one in articles if first_half(one) is half), key=digest_of)
        for at in range(0, len(dealt), SIZE):
            yield dealt[at : at + SIZE]


def asked_of(corpus: Corpus, questions: Sequence[Question], reader: str) -> Iterator[Asked]:
    """Ask questions of the program as one of the readers has it answer."""
    for one in questions:
        answer, reading = corpus.read(one.question, reader)
        yield Asked(one, reading, answer)


def measured(asked: Sequence[Asked]) -> Figures:
    """Return the figures of one reader: of the ranking on all questions, of the status on the half not chosen on."""
    there = [one for one in asked if one.question.answerable]
    first = {n: share(any(map(evidence_of(one), one.reading.sentences[:n])) for one in there) for n in (1, 2, 3)}
    figures: Figures = {f"evidence among the first {n}": value for n, value in first.items()}
    figures |= abstention(asked)
    figures |= status([one for one in asked if not first_half(one.question.article)])
    return figures


def abstention(asked: Sequence[Asked]) -> Figures:
    """Return how well the probability parts answerable from unanswerable, whatever the marks."""
    sure = [[one.reading.probability for one in asked if one.question.answerable is there] for there in (True, False)]
    mark = float(np.quantile(sure[0], _LOST)) if sure[0] else 0.0
    return {
        "unanswerable below the mark that loses a tenth": share(one < mark for one in sure[1]),
        "AUROC": auroc(*sure),
    }


def status(asked: Sequence[Asked]) -> Figures:
    """Return how often each status is given, what is shown, and how far the probability can be believed."""
    figures: Figures = {}
    for title, there in (("answerable", True), ("unanswerable", False)):
        given = [one.answer.status for one in asked if one.question.answerable is there]
        for name in (Status.ANSWERED, Status.PARTIAL, Status.NEAREST, Status.NOT_IN_ARTICLES):
            figures[f"{title}: {name}"] = share(one is name for one in given)
    said = [one for one in asked if one.question.answerable and one.answer.status is Status.ANSWERED]
    figures["answered answerable that show the evidence"] = share(map(shows_evidence, said))
    shown = [cited_sentences(one.answer) for one in asked if one.answer.citations]
    figures["sentences an answer"] = sum(shown) / len(shown) if shown else 0.0
    return figures | calibration(asked)


def calibration(asked: Sequence[Asked]) -> Figures:
    """Return the expected calibration error (Guo et al. 2017, arXiv 1706.04599) and the Brier score, by ten bins.

    What is predicted is that the sentences shown hold the evidence of an answerable question.
    """
    sure = np.array([one.reading.probability for one in asked])
    held = np.array(list(map(shows_evidence, asked)))
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    figures: Figures = {}
    error = 0.0
    for at in range(_BINS):
        inside = bins == at
        if inside.any():
            error += inside.mean() * abs(sure[inside].mean() - held[inside].mean())
            told = f"{inside.sum()}: {sure[inside].mean():.2f} said, {held[inside].mean():.2f} so"
            figures[f"probability {at / _BINS:.1f}-{(at + 1) / _BINS:.1f}"] = told
    figures["expected calibration error"] = float(error)
    figures["Brier score"] = float(np.mean((sure - held) ** 2))
    figures["Brier score of a constant"] = float(held.mean() * (1 - held.mean()))
    return figures


def shows_evidence(one: Asked) -> bool:
    """Whether the sentences that the reader would show hold the evidence of an answerable question."""
    return one.question.answerable and any(map(evidence_of(one), one.reading.top_sentences))


def evidence_of(one: Asked) -> "_Evidence":
    """Return what tells whether a sentence is evidence for a question."""
    return _Evidence(one.question.article, tuple(one.question.evidence))


@dataclass(frozen=True)
class _Evidence:
    path: str
    passages: tuple[str, ...]

    def __call__(self, sentence: RankedSentence) -> bool:
        """Whether a sentence holds one of the passages, or is part of one."""
        same = sentence.hit.passage.path == self.path
        return same and any(overlap(sentence.text, passage) for passage in self.passages)


def overlap(text: str, marked: str) -> bool:
    """Whether a sentence holds a passage that was marked, or is a part of it that is long enough."""
    said, wanted = _plain(text), _plain(marked)
    return bool(said and wanted) and (wanted in said or (len(said) >= _SHORTEST and said in wanted))


def _plain(text: str) -> str:
    return fold(" ".join(words(text)))
