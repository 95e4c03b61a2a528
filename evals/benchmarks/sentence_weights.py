"""Fit the likelihood of a sentence, `qa.selection.LIKELIHOOD`, on questions whose answers have a known place.

    python -m evals.benchmarks.sentence_weights DATA

DATA holds the folders `squad2`, `clapnq` and `ramdocs`, each in the layout of its benchmark; the shipped cases are
added. The likelihood is a softmax over the sentences of the hits (conditional logit, McFadden 1974); that of all
sentences which hold the answer is raised together, by gradient descent with an L2 penalty on standardised features.
A set weighs as much as any other. The weight of `official` is set by hand, since few questions name one. Printed are
the weights, and how often the likeliest sentence holds the answer: of each set by weights fitted on the others alone,
and by the weights printed.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import seeds
from evals.benchmarks import clapnq, ramdocs, squad2
from evals.benchmarks.corpus import Place, articles_of, named, questions_of, written
from evals.cases import Case, load_cases
from evals.scoring import says
from evals.suite import CASES
from index.ingesting import read_article
from index.reader import SnapshotReader
from index.snapshots import DataFolder
from index.syncing import sync
from qa.models import Turn
from qa.questions import understand
from qa.ranking import Candidate
from qa.retrieval import Retriever
from qa.selection import LIKELIHOOD, judged
from qa.settings import load_settings
from qa.thesaurus import bundled
from qa.wiring import build_embedder

_PENALTY = 0.01
_STEPS = 1500
_RATE = 0.1
_MOMENTUM = 0.9
Numbers = npt.NDArray[np.float64]
Holds = Callable[[Candidate], bool]
Asked = tuple[str, Sequence[str], Holds]
"""A question, those before it, and whether a sentence holds its answer."""


@dataclass(frozen=True)
class Example:
    """The sentences found for a part of a question: their features, a row each, and which hold the answer."""

    rows: Numbers
    gold: npt.NDArray[np.bool_]


def main(arguments: Sequence[str]) -> int:
    """Fit, and print the weights and how well they choose."""
    sets = {name: list(examples) for name, examples in read(Path(arguments[0])).items()}
    weights = fit([sets[name] for name in sets])
    for name, value in zip(LIKELIHOOD, weights, strict=True):
        print(f'    "{name}": {value:.2f},')
    for name, examples in sets.items():
        others = fit([sets[other] for other in sets if other != name])
        print(f"{name}: {len(examples)}, by the others {at_one(others, examples):.3f}, {at_one(weights, examples):.3f}")
    return 0


def fit(sets: Sequence[Sequence[Example]]) -> Numbers:
    """Return the weights of the features that make the sentences with the answer likeliest."""
    rows = np.vstack([one.rows for examples in sets for one in examples])
    centre, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    ready = [
        ((one.rows - centre) / spread, one.gold, 1 / (len(sets) * len(examples)))
        for examples in sets
        for one in examples
    ]
    matrix, gold = np.vstack([one[0] for one in ready]), np.concatenate([one[1] for one in ready])
    sizes = [len(one[1]) for one in ready]
    starts, group = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(ready)), sizes)
    share = np.array([one[2] for one in ready])[group]
    weights, step = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        scores = matrix @ weights
        raised = np.exp(scores - np.maximum.reduceat(scores, starts)[group])
        likely = raised / np.add.reduceat(raised, starts)[group]
        wanted = likely * gold
        wanted /= np.add.reduceat(wanted, starts)[group]
        step = _MOMENTUM * step + matrix.T @ ((wanted - likely) * share) - _PENALTY * weights
        weights = weights + _RATE * step
    return np.asarray(weights / spread)


def at_one(weights: Numbers, examples: Sequence[Example]) -> float:
    """Return how often the likeliest sentence holds the answer."""
    return sum(bool(one.gold[(one.rows @ weights).argmax()]) for one in examples) / len(examples)


def read(data: Path) -> Mapping[str, Iterator[Example]]:
    """Return the examples of each set; those without a sentence that holds the answer are left out."""
    places = questions_of(data / "squad2", squad2.Question)
    passages = questions_of(data / "clapnq", clapnq.Question)
    ambiguous = questions_of(data / "ramdocs", ramdocs.Question)
    texts = named(text.article for one in passages for text in one.passages)
    documents = named(document.article for one in ambiguous for document in one.documents)
    cases = Path(seeds.__file__).parent
    articles = [read_article(file.name, file.read_bytes()) for file in sorted(cases.glob("*.txt"))]
    return {
        "squad2": _examples(nullcontext(articles_of(data / "squad2")), [_of_squad2(one) for one in places]),
        "clapnq": _examples(written(texts), [_of_clapnq(one, texts) for one in passages]),
        "ramdocs": _examples(written(documents), [_of_ramdocs(one) for one in ambiguous]),
        "cases": _examples(nullcontext(cases), [_of_cases(one) for one in load_cases(CASES, articles)]),
    }


def _examples(folder: AbstractContextManager[Path], asked: Sequence[Asked]) -> Iterator[Example]:
    """Index articles, search for the questions, and yield the features of what is found."""
    settings = load_settings()
    embedder, thesaurus = build_embedder(settings), bundled()
    retriever = Retriever(embedder, thesaurus, settings.hits)
    with folder as articles, tempfile.TemporaryDirectory(prefix="newsdesk-weights-") as data:
        sync(articles, DataFolder(Path(data)), embedder)
        reader = SnapshotReader(DataFolder(Path(data)), embedder.id)
        with reader.use() as snapshot:
            for question, earlier, holds in asked:
                query = understand(question, [Turn(question=one) for one in earlier])
                for signals in judged(query, retriever.retrieve(snapshot, query), thesaurus):
                    gold = np.array([holds(one.candidate) for one in signals], bool)
                    rows = np.array([[one.features()[name] for name in LIKELIHOOD] for one in signals], float)
                    if gold.any():
                        yield Example(rows, gold)
        reader.close()


def _of_squad2(one: squad2.Question) -> Asked:
    return one.question, (), lambda at: any(place.inside(at.passage.path, *at.span) for place in one.places)


def _of_clapnq(one: clapnq.Question, names: Mapping[str, str]) -> Asked:
    places = clapnq.places_of(one, names)
    return one.question, (), lambda at: any(place.overlaps(at.passage.path, *at.span) for place in places)


def _of_ramdocs(one: ramdocs.Question) -> Asked:
    return one.question, (), lambda at: any(says(at.text, answer) for answer in one.gold_answers if answer.strip())


def _of_cases(case: Case) -> Asked:
    places = [Place(place.path, place.start, place.end) for fact in case.evidence for place in fact]
    return case.question, case.earlier, lambda at: any(place.overlaps(at.passage.path, *at.span) for place in places)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
