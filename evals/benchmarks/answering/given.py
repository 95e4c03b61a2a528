"""One text with each question: does the reader know whether it holds the answer? CLAPnq, SQuAD 2.0 and RAMDocs.

DATA holds the folders `clapnq`, `squad2` and `ramdocs`, each in the layout that its own benchmark reads. The text is
the passage of CLAPnq, the paragraph of SQuAD 2.0 (`paragraph`, counted from 0 after the title), and of RAMDocs once the
first right document and once the first that is noise. Nothing is searched: the passages of that text are the hits. All
texts are indexed together, so that it is known how rare a word is.

The reader was trained on the one half of CLAPnq and SQuAD 2.0, by a digest of the title; figures are those of the
other. RAMDocs it has never seen.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evals.benchmarks import Figures
from evals.benchmarks.answering import clapnq, ramdocs, squad2
from evals.benchmarks.corpus import articles_of, indexed, named, questions_of, written
from evals.benchmarks.halves import first_half
from evals.benchmarks.ranking import auroc, share
from index.models import Span
from index.store.snapshots import Snapshot
from qa.models import Hit

_LOST = 0.1
_KINDS = {"correct": True, "noise": False}


class Given(NamedTuple):
    """A question, the text that came with it, whether that answers, and where in it the answer stands, if known."""

    set: str
    trained_on: bool
    question: str
    text: str
    answerable: bool
    places: tuple[Span, ...] = ()


class _Paragraph(squad2.Question):
    title: str
    paragraph: int


class _Document(ramdocs.Document):
    type: str


class _Ambiguous(ramdocs.Question):
    documents: tuple[_Document, ...]


def run(data: Path, data_dir: Path | None) -> Figures:
    """Return for each set how well the reader, and the plain baseline, part what is answered from what is not."""
    every = [one for one in given(data) if not one.trained_on]
    names = named(one.text for one in every)
    figures: Figures = {}
    with written(names) as articles, indexed(articles, data_dir) as corpus, corpus.snapshot() as snapshot:
        for title in dict.fromkeys(one.set for one in every):
            asked = [one for one in every if one.set == title]
            figures[f"{title}: answerable"] = sum(one.answerable for one in asked)
            figures[f"{title}: unanswerable"] = sum(not one.answerable for one in asked)
            for name, reader in corpus.readers.items():
                sure: dict[bool, list[float]] = {True: [], False: []}
                for one in asked:
                    hits = hits_of(snapshot, names[one.text])
                    sure[one.answerable].append(reader.rank(one.question, hits, snapshot.lexical).probability)
                mark = float(np.quantile(sure[True], _LOST)) if sure[True] else 0.0
                figures[f"{title}, {name}: AUROC"] = auroc(sure[True], sure[False])
                figures[f"{title}, {name}: unanswerable below the mark that loses a tenth"] = share(
                    one < mark for one in sure[False]
                )
    return figures


def hits_of(snapshot: Snapshot, path: str) -> list[Hit]:
    """Return the passages of one text as hits, all found alike."""
    article = snapshot.catalog.article(path)
    headline = article.headline if article else None
    found = snapshot.catalog.passages_of(path)
    return [Hit(passage=one, score=1.0, similarity=1.0, headline=headline) for one in found]


def given(data: Path) -> Iterator[Given]:
    """Yield the questions of the three sets."""
    for one in questions_of(data / "clapnq", clapnq.Question):
        text = one.passages[0]
        found = [(said, text.article.find(said)) for gold in one.gold for said in gold.sentences]
        places = tuple(Span(start, start + len(said)) for said, start in found if start >= 0)
        yield Given("clapnq", first_half(text.title), one.question, text.article, one.answerable, places)
    articles = articles_of(data / "squad2")
    for asked in questions_of(data / "squad2", _Paragraph):
        whole = (articles / asked.article).read_bytes().decode("utf-8")
        paragraph = whole.split("\n\n")[asked.paragraph + 1]
        head = f"{asked.title}\n\n"
        shift = len(head) - whole.index(paragraph)
        places = tuple(Span(answer.start + shift, answer.end + shift) for answer in asked.answers)
        of_half = first_half(asked.article)
        yield Given("squad2", of_half, asked.question, f"{head}{paragraph}\n", asked.answerable, places)
    for ambiguous in questions_of(data / "ramdocs", _Ambiguous):
        for kind, answers in _KINDS.items():
            for document in [one for one in ambiguous.documents if one.type == kind][:1]:
                yield Given("ramdocs", False, ambiguous.question, document.article, answers)
